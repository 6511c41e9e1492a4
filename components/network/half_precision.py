"""Weights in float16 in the file of a model, which halves it; the network computes in float32."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

Copy = tuple[Any, Any]  # a Keras variable, and the `tf.Variable` that takes its place


def round_to_float16(model: keras.Model) -> None:
    """Rounds the kernels of a model to values that float16 (IEEE 754 binary16) holds exactly.

    A rounded value differs by at most 1 in 2048 of itself. Biases and statistics stay as they are.
    """
    for kernel in _kernels(model):
        kernel.assign(np.asarray(kernel).astype(np.float16).astype(np.float32))


def float16_copies(model: keras.Model) -> list[Copy]:
    """Returns each kernel of a model with a `tf.Variable` of float16 that has its values."""
    import tensorflow as tf

    return [
        (kernel, tf.Variable(np.asarray(kernel).astype(np.float16))) for kernel in _kernels(model)
    ]


@contextmanager
def computed_from(copies: Sequence[Copy]) -> Iterator[None]:
    """In this block a network takes the values of its kernels from their copies."""
    import tensorflow as tf

    values = [(kernel, tf.cast(copy, tf.float32)) for kernel, copy in copies]
    with keras.StatelessScope(state_mapping=values):
        yield


def _kernels(model: keras.Model) -> list[Any]:
    return [variable for variable in model.variables if len(variable.shape) > 1]
