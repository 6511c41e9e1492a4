"""The section `data`: the images, their classes and patients, and how they are split."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from components.recipe.base import Positive, Rate, Section, Share

SPLITS = ("train", "eval", "test")

_OWN_FEATURES = frozenset(  # of the examples: a column of this name would take their place
    {"image", "label", "label_index", "filename", "patient", "format", "width", "height", "mean",
     "std"}
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def fold(name: str) -> str:
    """Returns a folder name for comparison: in lower case, accents composed (macOS splits them)."""
    return unicodedata.normalize("NFC", name).casefold()


class Split(Section):
    """Shares of the patients in each split; they add up to 1.

    Attributes:
        train: share whose images the network learns from.
        eval: share that chooses the epoch and calibrates the probabilities.
        test: share that is only used to evaluate the finished model.
    """

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
    """One round of a cross-validation: each patient is in the test split of exactly one round.

    Attributes:
        of: number of folds, and so of rounds.
        number: the fold that becomes the test split, counted from 1. The other folds become train
            and eval, in the proportion of `data.split`.
    """

    of: Annotated[int, Field(ge=2, le=20)]
    number: Positive

    @model_validator(mode="after")
    def _within(self) -> "Fold":
        if self.number > self.of:
            raise ValueError(f"there are {self.of} folds, and number is {self.number}")
        return self


class PatientSource(Section):
    """How the patient of an image is found. All images of a patient are in the same split.

    Attributes:
        source: `filename` and `path` search `regex` in the file name, or in the path below the data
            folder; `metadata` reads `column` of the metadata CSV; `dicom` reads the Patient ID
            (0010,0020) of each file; `each_file` declares that each file shows another patient.
            This is a statement about the data, never a fallback.
        regex: regular expression with a group named `patient`, for `filename` and `path`.
        column: column of the metadata CSV that names the patient, for `metadata`.
    """

    source: Literal["filename", "path", "metadata", "dicom", "each_file"] = Field(alias="from")
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
    """A CSV file in the data folder with one row for each image.

    Without the file, DICOM headers fill the columns `age`, `sex`, `view`, `modality` and
    `manufacturer`, if there are no others.

    Attributes:
        file: path of the file, relative to the data folder.
        key: column that names the image: by its path below the data folder, by its file name, or by
            its file name without suffix.
        columns: columns that become features, for example to evaluate slices.
        bands: numeric columns that are cut into bands: `age: [40, 65]` gives the feature `age_band`
            with the values `0-39`, `40-64` and `65+`.
        min_share: smallest share of the images that have a row; below it the run stops.
    """

    file: str = "metadata.csv"
    key: str = "filename"
    columns: tuple[str, ...] = ()
    bands: dict[str, tuple[int, ...]] = {}
    min_share: Share = 0.5

    @field_validator("file")
    @classmethod
    def _inside(cls, file: str) -> str:
        parts = file.replace("\\", "/").split("/")
        if ".." in parts or "" in parts or ":" in parts[0]:
            raise ValueError("the file must lie in the data folder: give its path below that")
        return file

    @field_validator("columns")
    @classmethod
    def _no_own_features(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if taken := sorted(_OWN_FEATURES.union([""]).intersection(columns)):
            raise ValueError(
                f"{taken} can't be columns: each example has features of these names already. "
                "Rename them in the CSV"
            )
        return columns

    @field_validator("bands")
    @classmethod
    def _ascending(cls, bands: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        for column, edges in bands.items():
            if not edges or list(edges) != sorted(set(edges)) or edges[0] <= 0:
                raise ValueError(f"the edges of {column!r} must be positive and ascending: {edges}")
        return bands


class Spans(Section):
    """Folders of the portions in which images arrive; TFX calls these spans.

    Attributes:
        folder: name of the folder of a span, somewhere between the data folder and an image:
            `{SPAN}` stands for its number, or `{YYYY}`, `{MM}` and `{DD}` for a date, whose span is
            the number of days since 1970. As in `span-{SPAN}`, or `{YYYY}-{MM}-{DD}`.
        rolling_range: how many spans, counted back from the latest one, are trained, calibrated and
            tested with: of numbers 1, 2 and 5, a range of 4 takes 2 and 5. Images of earlier spans
            are left out of every split. None: all.
    """

    folder: str = "span-{SPAN}"
    rolling_range: Positive | None = None

    @field_validator("folder")
    @classmethod
    def _has_a_number(cls, folder: str) -> str:
        found = re.findall(r"\{.*?\}", folder)
        if sorted(found) not in (["{SPAN}"], ["{DD}", "{MM}", "{YYYY}"]) or "/" in folder:
            raise ValueError(
                "is the name of one folder, with {SPAN} once, or with {YYYY}, {MM} and {DD}, as in "
                f"span-{{SPAN}}. Received: {folder!r}"
            )
        return folder


def _check_names(names: object) -> object:
    """Refuses what YAML makes of names without quotes; says so before pydantic does."""
    if isinstance(names, str):
        raise ValueError(f"a list of names is due, as in [{names}]")
    listed = names if isinstance(names, (list, tuple)) else []
    if not all(isinstance(name, str) for name in listed):
        raise ValueError(
            "YAML reads NO, YES, ON and OFF as true or false, and 0 as a number: put names of "
            "classes and folders into quotes, as in ['NO', 'YES']"
        )
    return names


class DataSection(Section):
    """The images, their classes and patients, and how they are split.

    Attributes:
        classes: names of the classes, in the order of the model's outputs.
        merge: class to the folders that belong to it. A class that is not named has the folder of
            its own name.
        ignore: names of folders that are left out, at any depth.
        folder_splits: what to do with folders `train`, `val` and `test` above or below those of the
            classes: `use` takes these as the splits, and forms a missing one from patients of
            `train`; `merge` splits all images again, by patient. None: there are no such folders.
        image_size: side of the square image that the model takes, in pixels.
        color: `grayscale` (1 channel) or `rgb` (3 channels).
        resize: `stretch` the image to the square, or `pad` it and keep its aspect ratio.
        patient: how the patient of an image is found.
        metadata: a CSV file in the data folder with one row for each image. None: there is none.
        spans: folders of the portions in which images arrive. None: there are no such folders.
        split: shares of the patients in each split.
        split_seed: number that goes into the hash that assigns a patient to a split; another number
            gives another split.
        fold: splits of one round of a cross-validation, with the classes evenly spread, in place of
            `split`. None: no cross-validation.
        cap_per_class: largest number of images of a class; images are left out by whole patients
            where that is possible. None: no limit.
        max_quarantine_share: largest share of images that can't be read; above it the run stops.
        min_per_class: smallest number of images of a class; below it the run stops.
        min_per_split: smallest number of images of a class in each split; below it the run stops.
        max_pixels: largest number of pixels of an image. Larger ones are not decoded, since a small
            file may hold a huge image (a decompression bomb).
        keep_metadata: whether EXIF, texts and colour profiles of PNG and JPEG files go into the
            examples. They may name patients, and no node reads them.
    """

    classes: tuple[str, ...]
    merge: dict[str, tuple[str, ...]] = {}
    ignore: tuple[str, ...] = ()
    folder_splits: Literal["use", "merge"] | None = None
    image_size: Annotated[int, Field(ge=16, le=1024)] = 224
    color: Literal["grayscale", "rgb"] = "rgb"
    resize: Literal["stretch", "pad"] = "stretch"
    patient: PatientSource
    metadata: Metadata | None = None
    spans: Spans | None = None
    split: Split = Split()
    split_seed: int = 0
    fold: Fold | None = None
    cap_per_class: Positive | None = None
    max_quarantine_share: Share = 0.05
    min_per_class: Positive = 10
    min_per_split: Positive = 2
    max_pixels: Positive = 50_000_000
    keep_metadata: bool = False

    @field_validator("classes", "ignore", mode="before")
    @classmethod
    def _listed(cls, names: object) -> object:
        return _check_names(names)

    @field_validator("classes")
    @classmethod
    def _one_line(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if any(not name or _CONTROL.search(name) for name in names):
            raise ValueError(
                "the name of a class must have at least one character, and no control character "
                "as a line end is"
            )
        return names

    @field_validator("merge", mode="before")
    @classmethod
    def _listed_by_class(cls, merge: object) -> object:
        if isinstance(merge, dict):
            _check_names(list(merge))
            for folders in merge.values():
                _check_names(folders)
        return merge

    @field_validator("ignore")
    @classmethod
    def _folder_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        plain = tuple(name.rstrip("/") for name in names)
        if paths := [name for name in plain if not name or "/" in name]:
            raise ValueError(f"ignore takes names of folders, not paths: {paths}")
        return plain

    @property
    def channels(self) -> int:
        """Channels of the image that the model takes: 1 or 3."""
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
        """Returns the section with the defaults for all that is applied after the images are read.

        ImageExampleGen takes this one, so that its cached results fit every size and colour.
        """
        later = ("image_size", "color", "resize")
        defaults = {name: type(self).model_fields[name].default for name in later}
        return self.model_copy(update=defaults)

    def class_of_folder(self) -> dict[str, str]:
        """Returns folder name, by `fold` → class."""
        return {
            fold(folder): name for name in self.classes for folder in self.merge.get(name, (name,))
        }
