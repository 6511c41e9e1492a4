"""The section `data`: what the images are, and how they are read and split."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from components.recipe.base import Positive, Rate, Section, Share

SPLITS = ("train", "eval", "test")


def fold(name: str) -> str:
    """Returns a folder name as it is compared: in lower case, accents composed (macOS does not)."""
    return unicodedata.normalize("NFC", name).casefold()


class Split(Section):
    """Shares of the patients in each split; they add up to 1."""

    train: Rate = 0.64
    eval: Rate = 0.16
    test: Rate = 0.20

    @model_validator(mode="after")
    def _adds_up(self) -> "Split":
        total = self.train + self.eval + self.test
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"the shares must add up to 1, not {total:g}")
        return self


class Fold(Section):
    """One round of a cross-validation: every patient is tested in exactly one of its rounds.

    Attributes:
        of: rounds, and so folds.
        number: the fold that is the test split, counted from 1. The other folds are train and
            eval, in the proportion that `split` gives these two.
    """

    of: Annotated[int, Field(ge=2, le=20)]
    number: Positive

    @model_validator(mode="after")
    def _within(self) -> "Fold":
        if self.number > self.of:
            raise ValueError(f"there are {self.of} folds, and number is {self.number}")
        return self


class PatientSource(Section):
    """How the patient of an image is known. Images of one patient never part over two splits.

    Attributes:
        source: `filename` or `path` search `regex` in the file name or in the path below the data
            folder; `metadata` reads `column` of the metadata CSV; `each_file` declares that every
            file is a patient of its own, which is a statement about the data, not a fallback.
        regex: with a group named `patient`.
        column: of the metadata CSV.
    """

    source: Literal["filename", "path", "metadata", "each_file"] = Field(alias="from")
    regex: str | None = None
    column: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "PatientSource":
        if self.source in ("filename", "path"):
            _check_patient_regex(self.regex, self.source)
        if self.source == "metadata" and not self.column:
            raise ValueError(
                "`from: metadata` needs `column`, the CSV column that names the patient"
            )
        return self


def _check_patient_regex(regex: str | None, source: str) -> None:
    if not regex:
        raise ValueError(f"`from: {source}` needs `regex`, with a group named `patient`")
    try:
        groups = re.compile(regex).groupindex
    except re.error as error:
        raise ValueError(f"regex {regex!r} is not valid: {error}") from None
    if "patient" not in groups:
        raise ValueError(f"regex {regex!r} has no group named `patient`: write (?P<patient>...)")


class Metadata(Section):
    """A CSV beside the class folders with one row an image.

    Attributes:
        file: path relative to the data folder.
        key: the column that names the image: its path below the data folder, its file name, or its
            file name without suffix.
        columns: the columns that become features, for slices.
        bands: numeric columns to cut into bands, e.g. `age: [40, 65]` gives the feature `age_band`
            with the values `0-39`, `40-64`, `65+`.
    """

    file: str = "metadata.csv"
    key: str = "filename"
    columns: tuple[str, ...] = ()
    bands: dict[str, tuple[int, ...]] = {}

    @field_validator("bands")
    @classmethod
    def _ascending(cls, bands: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        for column, edges in bands.items():
            if not edges or list(edges) != sorted(set(edges)) or edges[0] <= 0:
                raise ValueError(f"the edges of {column!r} must be positive and ascending: {edges}")
        return bands


class DataSection(Section):
    """What the images are, and how they are read and split.

    Attributes:
        classes: in the order of the model's outputs.
        merge: class to the folders that make it up; by default the folder of the same name.
        ignore: folders to leave out, at any depth.
        image_size: side of the square the model sees, in pixels.
        color: `grayscale` (1 channel) or `rgb` (3 channels).
        resize: `stretch` to the square, or `pad` to keep the aspect ratio.
        split_seed: salt of the hash that puts a patient into a split.
        fold: splits of a cross-validation, dealt evenly by class, instead of `split`.
        cap_per_class: at most so many images of a class, whole patients first.
        max_quarantine_share: the run stops when a larger share of the images can't be read.
        min_per_class: fewest images of a class.
        min_per_split: fewest images of a class in each split.
        max_pixels: images with more pixels are refused unread (decompression bombs).
    """

    classes: tuple[str, ...]
    merge: dict[str, tuple[str, ...]] = {}
    ignore: tuple[str, ...] = ()
    image_size: Annotated[int, Field(ge=16, le=1024)] = 224
    color: Literal["grayscale", "rgb"] = "rgb"
    resize: Literal["stretch", "pad"] = "stretch"
    patient: PatientSource
    metadata: Metadata | None = None
    split: Split = Split()
    split_seed: int = 0
    fold: Fold | None = None
    cap_per_class: Positive | None = None
    max_quarantine_share: Share = 0.05
    min_per_class: Positive = 10
    min_per_split: Positive = 2
    max_pixels: Positive = 50_000_000

    @property
    def channels(self) -> int:
        """Channels of the image the model sees: 1 or 3."""
        return 1 if self.color == "grayscale" else 3

    @model_validator(mode="after")
    def _consistent(self) -> "DataSection":
        folded = [fold(name) for name in self.classes]
        if len(folded) < 2 or len(set(folded)) != len(folded):
            raise ValueError(f"classes must be two or more different names: {list(self.classes)}")
        if stray := set(self.merge) - set(self.classes):
            raise ValueError(
                f"merge names {sorted(stray)}, not among the classes {list(self.classes)}"
            )
        if self.patient.source == "metadata" and self.metadata is None:
            raise ValueError("`patient: {from: metadata}` needs a `metadata` section")
        return self

    @model_validator(mode="after")
    def _folders_belong_to_one_class(self) -> "DataSection":
        owners: dict[str, str] = {}
        for name in self.classes:
            for folder in self.merge.get(name, (name,)):
                other = owners.setdefault(fold(folder), name)
                if other != name:
                    raise ValueError(
                        f"folder {folder!r} belongs to two classes, {other} and {name}"
                    )
        return self

    def as_read(self) -> "DataSection":
        """Returns the section without what matters only once the images have been read.

        The node that reads them takes it, so that its results serve for every size and colour.
        """
        later = ("image_size", "color", "resize")
        defaults = {name: type(self).model_fields[name].default for name in later}
        return self.model_copy(update=defaults)

    def class_of_folder(self) -> dict[str, str]:
        """Returns folded folder name → class."""
        return {
            fold(folder): name for name in self.classes for folder in self.merge.get(name, (name,))
        }
