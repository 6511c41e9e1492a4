"""Brings pooled features to mean 0 and deviation 1, by statistics that stay as they are.

A linear head with a penalty treats all features alike only when their scales are alike.
"""

import keras
import numpy as np
from numpy.typing import NDArray

_NAME = "standardisation"


def standardisation() -> keras.layers.Layer:
    """Builds the layer [B, D] → [B, D] float32; it changes nothing until `set_statistics`.

    A frozen batch norm: its statistics are weights, which checkpoints and exports keep.
    `keras.layers.Normalization` turns them into constants of the graph.
    """
    return keras.layers.BatchNormalization(
        center=False, scale=False, epsilon=1e-6, trainable=False, dtype="float32", name=_NAME
    )


def set_statistics(head: keras.Model, features: NDArray[np.float32]) -> None:
    """Sets mean and deviation to those of the features.

    Args:
        head: with a layer of `standardisation`.
        features: [n, D].
    """
    layer = head.get_layer(_NAME)
    layer.moving_mean.assign(features.mean(0))
    layer.moving_variance.assign(features.var(0))
