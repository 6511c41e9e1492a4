"""The section `training`: how the network learns."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.recipe.base import Positive, Rate, Section, Share


class Augmentation(Section):
    """Random changes of the training images, on pixel values 0..255.

    Attributes:
        flip: left-right.
        rotation: largest turn, as a share of a full circle.
        zoom: largest relative change of scale.
        translation: largest shift, as a share of the side.
        shear: largest shear, as a share of the side.
        crop: share of the side that a window leaves out; it is enlarged again, and lies at
            another place in every batch.
        contrast: largest relative change of contrast.
        brightness: largest shift, as a share of the range.
        noise: standard deviation of Gaussian noise, as a share of the range.
    """

    flip: bool = False
    rotation: Share = 0.0
    zoom: Share = 0.0
    translation: Share = 0.0
    shear: Share = 0.0
    crop: Annotated[float, Field(ge=0, lt=0.9)] = 0.0
    contrast: Share = 0.0
    brightness: Share = 0.0
    noise: Annotated[float, Field(ge=0, lt=1)] = 0.0

    @property
    def any(self) -> bool:
        """Whether there is something to do."""
        return any(self.model_dump().values())

    @property
    def mirrors_only(self) -> bool:
        """Whether an image has no other form than itself and its mirror image."""
        return self == Augmentation(flip=True)


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
            of a frozen backbone are computed once, which makes that phase many times quicker; so
            they are with `flip` alone, of every image and of its mirror image.
        loss: of the probabilities; for two classes `binary_crossentropy` is the same as
            `categorical_crossentropy`.
        label_smoothing: share of the label spread over the other classes.
        balance: of the train split: `weights` weighs the loss, `sampling` draws every class equally
            often, `undersample` leaves out images of the larger classes, `oversample` repeats
            images of the smaller ones, `augmented_copies` does so too and augments the copies, and
            only them.
        schedule: `plateau` halves the rate when the monitored value stalls; `cosine` lets it fall
            to zero over each phase.
        refit: whether the head, once the eval split has chosen the epoch and told what the answers
            are worth, learns anew from both splits. For a frozen backbone whose features are
            computed once.
        mixed_precision: float16 compute, for GPUs.
        strategy: `mirrored` uses every GPU of the machine.
    """

    batch_size: Positive = 32
    epochs: Positive = 10
    learning_rate: Rate = 1e-3
    loss: Literal["categorical_crossentropy", "binary_crossentropy", "mse", "focal"] = (
        "categorical_crossentropy"
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    balance: Literal[
        "none", "weights", "sampling", "undersample", "oversample", "augmented_copies"
    ] = "weights"
    schedule: Literal["constant", "plateau", "cosine"] = "plateau"
    augmentation: Augmentation = Augmentation()
    augment_head: bool = True
    fine_tuning: FineTuning = FineTuning()
    early_stopping: EarlyStopping = EarlyStopping()
    refit: bool = False
    mixed_precision: bool = False
    strategy: Literal["default", "mirrored"] = "default"
    seed: int = 1

    @model_validator(mode="after")
    def _makes_sense(self) -> "TrainingSection":
        if self.loss == "mse" and self.label_smoothing:
            raise ValueError("label_smoothing belongs to a cross-entropy: leave it out with mse")
        if self.balance == "augmented_copies" and not self.augmentation.any:
            raise ValueError(
                "balance `augmented_copies` needs `augmentation`; without, it is `oversample`"
            )
        if self.refit and (self.fine_tuning.epochs or not self._same_in_every_epoch):
            raise ValueError(
                "refit is for features that are computed once: leave out `fine_tuning`, and every "
                "augmentation of the head but `flip`"
            )
        return self

    @property
    def _same_in_every_epoch(self) -> bool:
        """Whether the first phase shows the same images again and again."""
        augmented = self.augmentation.any and self.augment_head
        copies = self.balance == "augmented_copies"
        return not augmented or (self.augmentation.mirrors_only and not copies)
