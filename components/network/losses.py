"""The losses by the names of the recipe."""

import keras

from components.recipe.training import TrainingSection


def build_loss(training: TrainingSection) -> keras.losses.Loss:
    """Returns the loss of probabilities [B, classes] against one-hot labels [B, classes].

    Class weights come from the balance, so the focal loss has none of its own.
    """
    smoothing = training.label_smoothing
    if training.loss == "mse":
        return keras.losses.MeanSquaredError()
    if training.loss == "binary_crossentropy":
        return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    if training.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=2.0, label_smoothing=smoothing
        )
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
