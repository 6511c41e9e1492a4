"""Scales pooled features to mean 0 and standard deviation 1, by fixed statistics.

A linear head with an L2 penalty treats all features equally only if their scales are equal.
"""

import keras
import numpy as np
from numpy.typing import NDArray

_NAME = "standardisation"


def standardisation() -> keras.layers.Layer:
    """Builds the layer, [B, D] → [B, D] float32. It changes nothing before `set_statistics`.

    It is a frozen batch normalisation: its statistics are weights, which checkpoints and exports
    keep. Those of `keras.layers.Normalization` would become constants of the graph.
    """
    return keras.layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-6, trainable=False, dtype="float32", name=_NAME
    )


def set_statistics(head: keras.Model, features: NDArray[np.float32]) -> None:
    """Sets mean and standard deviation to those of the features.

    Args:
        head: a model with a layer of `standardisation`.
        features: pooled features of the train split, [n, D].

    Raises:
        ValueError: the head has no such layer.
    """
    layer = head.get_layer(_NAME)
    layer.moving_mean.assign(features.mean(0))
    layer.moving_variance.assign(features.var(0))
