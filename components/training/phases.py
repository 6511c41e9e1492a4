"""The phases of training: first the head on a frozen backbone, then the top of the backbone too."""

from dataclasses import dataclass

import keras

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection

HEAD, FINE_TUNING = "head", "fine-tuning"


@dataclass(frozen=True)
class Phase:
    """A phase of training.

    Attributes:
        name: `head` or `fine-tuning`.
        epochs: largest number of epochs.
        rate: learning rate at the start.
        layers: number of layers of each backbone that are trained, from the top; 0 for none, -1
            for all.
        augmented: whether images are augmented differently in each epoch.
        mirrored: whether the features of each image and of its mirror image are both used.
    """

    name: str
    epochs: int
    rate: float
    layers: int
    augmented: bool
    mirrored: bool = False

    @property
    def on_features(self) -> bool:
        """Whether the features of the backbone are the same in every epoch."""
        return self.layers == 0 and not self.augmented


def phases(model: ModelSection, training: TrainingSection) -> list[Phase]:
    """Returns the phases of a recipe: one or two.

    A backbone with random weights is trained as a whole in the first and only phase.
    """
    frozen, augmented = model.pretrained, training.augmentation.any
    in_head = augmented and (training.augment_head or not frozen)
    # Then only copies are augmented, each of them differently.
    copies = training.balance == "augmented_copies"
    mirrored = frozen and in_head and training.augmentation.mirrors_only and not copies
    rate, layers = training.learning_rate, 0 if frozen else -1
    found = [Phase(HEAD, training.epochs, rate, layers, in_head and not mirrored, mirrored)]
    tuning = training.fine_tuning
    if frozen and tuning.epochs:
        layers = -1 if tuning.layers == "all" else int(tuning.layers)
        found.append(Phase(FINE_TUNING, tuning.epochs, tuning.learning_rate, layers, augmented))
    return found


def head_alone(model: ModelSection, training: TrainingSection) -> bool:
    """Whether training changes the head and never a backbone."""
    return not any(phase.layers for phase in phases(model, training))


def freeze(backbone: keras.Model, layers: int, pretrained: bool) -> None:
    """Makes the top layers of a backbone trainable and the others not.

    Args:
        backbone: to change, in place.
        layers: number of layers from the top; 0 for none, -1 for all.
        pretrained: whether its batch normalisation stays frozen in any case.
    """
    backbone.trainable = layers != 0
    if layers > 0:
        for layer in backbone.layers[:-layers]:
            layer.trainable = False
    if pretrained:
        for layer in backbone.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
