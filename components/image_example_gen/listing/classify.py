"""The class of a file by its folders, and everything that is wrong with folders and names.

Each file is judged alone, and what is found is counted. So a folder may be listed in parts, on
several machines: what was found in the parts adds up, and is refused as a whole.
"""

import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from components.image_example_gen.listing import folder_splits
from components.recipe.data import DataSection, fold
from components.runtime.errors import DataError

_MASKS = frozenset(  # folders beside the images of a class that hold no radiographs
    {"mask", "masks", "segmentation", "segmentations", "annotation", "annotations", "overlays"}
)
_MASK_FILE = re.compile(r"(.+)[ _-](?:mask|segmentation|annotation|overlay)", re.IGNORECASE)
_FOLDERS = 10_000  # for which it is kept what they mean


@dataclass
class Found:
    """What was found in the files of a folder, or of a part of it.

    Attributes:
        images: class → number of images.
        counts: 'split/class' → number of images, once they have a split.
        strays: folder → images in it that belong to no class.
        in_masks: the first image in a folder of masks inside a class.
        masks: files that are by their names masks of images beside them.
        mask: the first of these, without suffix.
        named: 'split/class' → number of images in folders that name the split.
        without_patient: images whose patient is not known.
        stranger: the first of these.
        maybe_dicom: images that may be DICOM, by name.
    """

    images: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    strays: Counter[str] = field(default_factory=Counter)
    in_masks: str = ""
    masks: int = 0
    mask: str = ""
    named: Counter[str] = field(default_factory=Counter)
    without_patient: int = 0
    stranger: str = ""
    maybe_dicom: int = 0

    def __add__(self, other: "Found") -> "Found":
        """Returns what was found in both: numbers add up, of names the first in order stays."""
        return Found(**{name: _both(getattr(self, name), getattr(other, name)) for name in _NAMES})

    def by_class(self) -> dict[str, Counter[str]]:
        """Returns class → split → number of images."""
        table: dict[str, Counter[str]] = {}
        for key, number in self.counts.items():
            split, _, label = key.partition("/")
            table.setdefault(label, Counter())[split] += number
        return table

    def to_json(self) -> str:
        """Returns text that `from_json` reads."""
        return json.dumps(vars(self))

    @staticmethod
    def from_json(text: str) -> "Found":
        """Returns what `to_json` wrote."""
        plain: dict[str, Any] = json.loads(text)
        return Found(**{name: _counter(value) for name, value in plain.items()})


def _counter(value: Any) -> Any:
    return Counter(value) if isinstance(value, dict) else value


def _both(one: Any, other: Any) -> Any:
    if isinstance(one, str):
        return min(filter(None, (one, other)), default="")
    return one + other


_NAMES = [one.name for one in fields(Found)]


@dataclass(frozen=True, slots=True)
class _Folder:
    label: str | None
    ignored: bool
    masks: bool
    split: str
    top: bool


class Classifier:
    """Tells classes, and counts in `found` what may be wrong.

    Args:
        data: classes and their folders.
        metadata_file: path of the metadata CSV below the data folder, which is no image.
    """

    def __init__(self, data: DataSection, metadata_file: str | None = None):
        self.found = Found()
        self._owners = data.class_of_folder()
        self._ignored = {fold(name) for name in data.ignore}
        self._metadata_file = metadata_file
        self._look = lru_cache(_FOLDERS)(self._look_at)

    def place_all(
        self, paths: Iterable[str], images: Container[str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Returns path → class of the images that are used, and path → reason of what is left out.

        Args:
            paths: of files below the data folder.
            images: those of them that are to be read as images.
        """
        labels, reasons = {}, {}
        for path in paths:
            label, reason = self._place(path, path in images)
            if label:
                labels[path] = label
            elif reason:
                reasons[path] = reason
        self._look_for_masks(labels)
        return labels, reasons

    def _place(self, path: str, is_image: bool) -> tuple[str, str]:
        """Returns (class, why the file is left out): one is empty; both are, where neither holds.

        Args:
            path: below the data folder.
            is_image: whether the file is to be read as an image.
        """
        name = path.rpartition("/")[0]
        folder = self._look(name)
        if folder.ignored:
            return "", "ignored_folder"
        if not is_image:
            return "", "" if path == self._metadata_file else "not_an_image_name"
        if folder.label is None:
            if folder.top:
                return "", "not_in_a_class_folder"
            self.found.strays[name] += 1
            return "", ""
        if folder.masks:
            self.found.in_masks = min(path, self.found.in_masks or path)
        self.found.images[folder.label] += 1
        if folder.split:
            self.found.named[f"{folder.split}/{folder.label}"] += 1
        return folder.label, ""

    def _look_for_masks(self, paths: Iterable[str]) -> None:
        """Counts `a_mask.png` beside an image `a`, as public data sets have it.

        Args:
            paths: of the images of a class.
        """
        stems = {path.rpartition(".")[0] or path for path in paths}
        masks = [stem for stem in stems if (of := _MASK_FILE.fullmatch(stem)) and of[1] in stems]
        self.found += Found(masks=len(masks), mask=min(masks, default=""))

    def _look_at(self, name: str) -> _Folder:
        folders = [fold(part) for part in name.split("/")] if name else []
        places = [place for place, part in enumerate(folders) if part in self._owners]
        below = folders[places[-1] + 1 :] if places else []
        return _Folder(
            label=self._owners[folders[places[-1]]] if places else None,
            ignored=bool(self._ignored.intersection(folders)),
            masks=bool(_MASKS.intersection(below)),
            split=folder_splits.split_beside(folders, places[-1]) if places else "",
            top=not folders,
        )


def stem_of(path: str) -> str:
    """Returns the path without suffix, of a mask that of its image: both belong together."""
    stem = path.rpartition(".")[0] or path
    mask = _MASK_FILE.fullmatch(stem)
    return mask[1] if mask else stem


def check_folders(
    found: Found, data: DataSection, images: Callable[[], Iterable[str]], all_classes: bool = True
) -> None:
    """Refuses folders that do not fit the recipe.

    Args:
        found: in all files.
        data: classes and their folders.
        images: returns the paths of all images of a class, for the advice.
        all_classes: whether each class needs an image.

    Raises:
        DataError: a folder belongs to no class, a class has no image, or masks lie among images.
    """
    if found.in_masks:
        parts = found.in_masks.split("/")[::-1]
        folder = next(part for part in parts if fold(part) in _MASKS)
        raise DataError(
            f"{found.in_masks!r} lies in a folder {folder!r} inside a class, which by its name "
            f"holds no radiographs. Leave it out with --set 'data.ignore=[{folder}]', or rename it."
        )
    known = [folder for name in data.classes for folder in data.merge.get(name, (name,))]
    if found.strays:
        raise DataError(_about_stray(found.strays, data, known, images()))
    missing = [name for name in data.classes if not found.images[name]]
    if missing if all_classes else not found.images:
        raise DataError(
            f"No image found for {', '.join(map(repr, missing))}. The data folder must hold these "
            f"class folders (in any case): {known}."
        )
    if found.masks:
        raise DataError(
            f"{found.masks} files are by their names masks of images beside them, for example "
            f"{found.mask!r}. Move them into a folder `masks`, and leave it out with --set "
            "'data.ignore=[masks]'."
        )


def _about_stray(
    strays: Counter[str], data: DataSection, known: list[str], images: Iterable[str]
) -> str:
    folder, count = min(strays.items(), key=lambda stray: (-stray[1], stray[0]))
    stray = _topmost_stray(folder, images)
    folded = {fold(name): name for name in known}
    close = get_close_matches(fold(stray), folded, n=1)
    hint = f" Did you mean {folded[close[0]]!r}?" if close else ""
    # An override replaces the list: what the recipe ignores must stay on it.
    ignore = json.dumps([*data.ignore, stray], ensure_ascii=False)
    return (
        f"Folder {folder!r} holds {count} images but belongs to no class.{hint} Class folders: "
        f"{known}. Rename it, add it to data.classes or data.merge, or leave it out with "
        f"--set {shlex.quote(f'data.ignore={ignore}')}."
    )


def _topmost_stray(folder: str, images: Iterable[str]) -> str:
    """Returns the first part of the path that no image of a class lies below."""
    parts = folder.split("/")
    unused = {fold(part) for part in parts}
    for above in {path.rpartition("/")[0] for path in images}:
        unused.difference_update(map(fold, above.split("/")))
    return next((part for part in parts if fold(part) in unused), parts[-1])
