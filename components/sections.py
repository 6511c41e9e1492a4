"""The sections of a recipe, as the nodes receive them.

`pipeline.recipe` composes them into one file; a node gets its section alone, as plain JSON in its
`custom_config`, and reads it back with the same class. Unknown keys fail.
"""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
Rate = Annotated[float, Field(gt=0.0, lt=1.0)]

SPLITS = ("train", "eval", "test")


class Section(BaseModel):
    """A part of a recipe: immutable, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def plain(self) -> dict:
        """Returns the section as JSON-able values, for a node's `custom_config`."""
        return self.model_dump(mode="json", by_alias=True)


def fold(name: str) -> str:
    """Returns a folder name as it is compared: in lower case, accents composed (macOS does not)."""
    return unicodedata.normalize("NFC", name).casefold()


# === data ===


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

    def class_of_folder(self) -> dict[str, str]:
        """Returns folded folder name → class."""
        return {
            fold(folder): name for name in self.classes for folder in self.merge.get(name, (name,))
        }


# === model ===


class ModelSection(Section):
    """The network.

    Attributes:
        backbone: a name of `components.trainer.backbones.BACKBONES`, or `scratch_cnn`.
        alpha: width of a MobileNet; ignored by the others.
        weights: `imagenet`, `none`, or the path of a Keras weights file. `imagenet` first looks
            into the folder named by the environment variable MEDTFX_WEIGHTS, then downloads.
        filters: of each convolution block of `scratch_cnn`.
        normalisation: `backbone` scales pixels as the backbone was trained, `dataset` by the mean
            and standard deviation of the training split.
        pooling: of the last feature map.
        dense: units of the hidden layers of the head.
        dropout: before the last layer.
    """

    backbone: str
    alpha: Annotated[float, Field(gt=0, le=2)] = 1.0
    weights: str = "imagenet"
    filters: tuple[Positive, ...] = (32, 64, 128, 256)
    normalisation: Literal["backbone", "dataset"] = "backbone"
    pooling: Literal["avg", "max", "flatten"] = "avg"
    dense: tuple[Positive, ...] = ()
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2


# === training ===


class Augmentation(Section):
    """Random changes of the training images, on pixel values 0..255.

    Attributes:
        flip: left-right.
        rotation: largest turn, as a share of a full circle.
        zoom: largest relative change of scale.
        translation: largest shift, as a share of the side.
        contrast: largest relative change of contrast.
        brightness: largest shift, as a share of the range.
    """

    flip: bool = False
    rotation: Share = 0.0
    zoom: Share = 0.0
    translation: Share = 0.0
    contrast: Share = 0.0
    brightness: Share = 0.0

    @property
    def any(self) -> bool:
        """Whether there is something to do."""
        return any(self.model_dump().values())


class FineTuning(Section):
    """The second phase: the top of the backbone learns too, its batch norms stay frozen.

    Attributes:
        epochs: 0 leaves the phase out.
        learning_rate: lower than in the first phase.
        layers: how many layers of the backbone, from the top, or `all`.
    """

    epochs: Annotated[int, Field(ge=0)] = 0
    learning_rate: Rate = 1e-4
    layers: Positive | Literal["all"] = 30


class EarlyStopping(Section):
    """Stop when `monitor` has not improved by `min_delta` for `patience` epochs."""

    monitor: Literal["val_loss", "val_balanced_accuracy"] = "val_loss"
    patience: Positive = 5
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class TrainingSection(Section):
    """How the network learns.

    Attributes:
        epochs: of the first phase, in which a pretrained backbone stays frozen.
        augment_head: whether the first phase is augmented too. Without augmentation the features
            of a frozen backbone are computed once, which makes that phase many times quicker.
        label_smoothing: share of the label spread over the other classes.
        balance: `weights` weighs the loss, `sampling` draws every class equally often.
        schedule: `plateau` halves the rate when the monitored value stalls; `cosine` lets it fall
            to zero over each phase.
        mixed_precision: float16 compute, for GPUs.
        strategy: `mirrored` uses every GPU of the machine.
    """

    batch_size: Positive = 32
    epochs: Positive = 10
    learning_rate: Rate = 1e-3
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    balance: Literal["none", "weights", "sampling"] = "weights"
    schedule: Literal["constant", "plateau", "cosine"] = "plateau"
    augmentation: Augmentation = Augmentation()
    augment_head: bool = True
    fine_tuning: FineTuning = FineTuning()
    early_stopping: EarlyStopping = EarlyStopping()
    mixed_precision: bool = False
    strategy: Literal["default", "mirrored"] = "default"
    seed: int = 1


# === evaluation ===


class EvaluationSection(Section):
    """What a model must reach to be blessed.

    Attributes:
        recall_floor: lowest recall of every class, or one of each class.
        floor_on: `lower_bound` holds the Wilson 95 % lower bound to the floor, `point` the
            observed value.
        allowed_drop: most that the recall of a class may fall against the latest blessed model;
            none: no comparison.
        slices: features whose values are also evaluated apart, e.g. sex or site.
    """

    recall_floor: Rate | dict[str, Rate]
    floor_on: Literal["point", "lower_bound"] = "lower_bound"
    allowed_drop: Share | None = 0.05
    slices: tuple[str, ...] = ()

    def floor(self, name: str) -> float:
        """Returns the recall floor of class `name`."""
        return self.recall_floor[name] if isinstance(self.recall_floor, dict) else self.recall_floor


# === serving ===


class ServingSection(Section):
    """What is served.

    Attributes:
        model_name: of the pushed model; by default the recipe's name.
        uncertain_below: an answer whose top probability is lower says `uncertain`.
    """

    model_name: str | None = None
    uncertain_below: Share = 0.5

    @field_validator("model_name")
    @classmethod
    def _plain_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise ValueError(f"{name!r} is a folder name: letters, digits, `_`, `.` and `-`")
        return name
