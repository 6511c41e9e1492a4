"""The labelled images as columns: a few bytes each, where an entry of the listing has hundreds."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.image_example_gen.listing.dicom_headers import header_tags
from components.image_example_gen.listing.listing import Entry, list_labelled
from components.image_example_gen.listing.metadata import tag_features
from components.imaging.signature import sniff
from components.imaging.unreadable import UnreadableImage
from components.recipe.recipe import Recipe
from components.runtime.text import one_line
from components.runtime.threads import map_in_threads
from components.storage import files
from serving.score.listing import ImageFolder, suffix_of

_HEAD = 256  # bytes: a DICOM file says what it is at 128


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class LabelledImages:
    """N images with their class, in the order of `one_line(name)`.

    Attributes:
        root: the folder.
        names: paths below it.
        classes: of the recipe.
        labels: index of the class of each image, int64 [N].
        patients: number of the patient of each image, as text, [N].
        features: of a slice → value of each image, [N]; '' where it is not known.
        left_out: (path, reason) of each file that is not used.
    """

    root: Path
    names: tuple[str, ...]
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    patients: NDArray[np.str_]
    features: Mapping[str, NDArray[np.str_]]
    left_out: tuple[tuple[str, str], ...]

    @property
    def folder(self) -> ImageFolder:
        """The images, to be scored."""
        suffixes = Counter(suffix_of(path) for path, _ in self.left_out)
        return ImageFolder(self.root, self.names, suffixes)


def labelled_images(data: Path, recipe: Recipe) -> LabelledImages:
    """Lists a folder with one folder a class.

    Features come from the metadata table; what it does not say, DICOM headers do, as in training.

    Raises:
        DataError: a folder belongs to no class, or a patient is not known; see `list_labelled`.
    """
    listing = list_labelled(str(data), recipe.data)
    entries = sorted(listing.entries, key=lambda entry: one_line(entry.relative))
    features = _features(data, recipe, entries)
    index = {label: number for number, label in enumerate(recipe.data.classes)}
    return LabelledImages(
        root=data,
        names=tuple(entry.relative for entry in entries),
        classes=tuple(recipe.data.classes),
        labels=np.array([index[entry.label] for entry in entries], np.int64),
        patients=_numbered([entry.patient for entry in entries]),
        features={
            name: np.array([str(values.get(name, "")) for values in features])
            for name in recipe.evaluation.slices
        },
        left_out=listing.left_out,
    )


def _numbered(patients: Sequence[str]) -> NDArray[np.str_]:
    """Returns a number for each patient, so that none is in the results."""
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(patient, len(numbers)) for patient in patients]
    return np.array(found).astype(np.str_)


def _features(
    data: Path, recipe: Recipe, entries: Sequence[Entry]
) -> list[Mapping[str, int | str]]:
    section = recipe.data.metadata
    names = [entry.relative for entry in entries]
    wanted = section is not None and bool(recipe.evaluation.slices)
    tags = header_tags(str(data), names) if wanted else [None for _ in names]
    formats: Iterable[str] = repeat("")
    if "format" in recipe.evaluation.slices:
        formats = map_in_threads(lambda name: _format(data, name), names)
    return [
        tag_features(found or {}, section)
        | dict(entry.metadata)
        | {"label": entry.label, "format": kind}
        for entry, found, kind in zip(entries, tags, formats, strict=False)
    ]


def _format(data: Path, name: str) -> str:
    """Returns the format by the first bytes; '' where these belong to none."""
    try:
        return sniff(files.read_head(str(data), name, _HEAD))
    except (UnreadableImage, OSError):  # the file gets no prediction either, and a reason
        return ""
