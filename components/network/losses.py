"""The loss functions, by their names in the recipe."""

import keras

from components.recipe.training import TrainingSection


def build_loss(training: TrainingSection) -> keras.losses.Loss:
    """Builds the loss function of the recipe.

    Args:
        training: the recipe's section, with `loss` and `label_smoothing`. `focal` is the focal loss
            of Lin et al. 2017 with gamma 2 and without class weights: `balance` weights classes.

    Returns:
        A loss of one-hot labels [B, classes] and probabilities [B, classes].
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
