"""The section `training`: how the network is trained."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.recipe.base import Positive, Rate, Section, Share


class Augmentation(Section):
    """Random changes of the training images.

    Attributes:
        flip: whether images are mirrored left to right.
        rotation: largest rotation, as a share of a full turn.
        zoom: largest relative change of scale.
        translation: largest shift, as a share of the side.
        shear: largest shear, as a share of the side.
        crop: share of the side that is cut away; the rest, at a random place, is enlarged to the
            full size.
        contrast: largest relative change of contrast.
        brightness: largest shift of the pixel values, as a share of their range.
        noise: standard deviation of added Gaussian noise, as a share of the range of pixel values.
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
        """Whether anything is changed."""
        return any(self.model_dump().values())

    @property
    def mirrors_only(self) -> bool:
        """Whether an image has two forms at most: itself and its mirror image."""
        return self == Augmentation(flip=True)


class FineTuning(Section):
    """The second phase: the top layers of the backbone are trained too, except batch normalisation.

    Attributes:
        epochs: largest number of epochs. 0: no second phase.
        learning_rate: learning rate of this phase, lower than in the first one.
        layers: number of layers of the backbone that are trained, from the top, or `all`.
    """

    epochs: Annotated[int, Field(ge=0)] = 0
    learning_rate: Rate = 1e-4
    layers: Positive | Literal["all"] = 30


class EarlyStopping(Section):
    """When a phase ends before its last epoch.

    Attributes:
        monitor: metric of the eval split that is watched; its best epoch is kept.
        patience: number of epochs without an improvement after which the phase ends.
        min_delta: smallest change that counts as an improvement.
    """

    monitor: Literal["val_loss", "val_balanced_accuracy"] = "val_loss"
    patience: Positive = 5
    min_delta: Annotated[float, Field(ge=0)] = 0.0


class TrainingSection(Section):
    """How the network is trained.

    Attributes:
        batch_size: number of images in one training step.
        epochs: largest number of epochs of the first phase, in which a pretrained backbone is
            frozen and only the head is trained.
        learning_rate: learning rate of the first phase.
        loss: loss function of the probabilities. For two classes `binary_crossentropy` equals
            `categorical_crossentropy`.
        label_smoothing: share of the label that is spread over all classes.
        balance: how the train split is balanced: `weights` weights the loss of each class,
            `sampling` draws each class equally often, `undersample` leaves out images of the larger
            classes, `oversample` repeats images of the smaller ones, `augmented_copies` repeats
            them too and augments only the copies.
        schedule: how the learning rate changes: `plateau` halves it when the monitored metric no
            longer improves, `cosine` lowers it to zero over each phase.
        augmentation: random changes of the training images.
        augment_head: whether images are augmented in the first phase too. Without augmentation, or
            with `flip` alone, the features of a frozen backbone are computed only once, which makes
            that phase many times faster.
        fine_tuning: the second phase.
        early_stopping: when a phase ends before its last epoch.
        refit: whether the head is trained once more on train and eval together, after the eval
            split has chosen the epoch and calibrated the probabilities. Only for a frozen backbone
            whose features are computed once.
        mixed_precision: whether layers compute in float16, for GPUs.
        strategy: `mirrored` trains on all GPUs of the machine, `default` on one.
        seed: seed of the random numbers.
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
        """Whether every epoch of the first phase has the same images."""
        augmented = self.augmentation.any and self.augment_head
        copies = self.balance == "augmented_copies"
        return not augmented or (self.augmentation.mirrors_only and not copies)
