"""How a training computes: in which precision, and on one GPU or all of the machine."""

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf

from components.recipe.training import TrainingSection


@contextlib.contextmanager
def compute_setup(training: TrainingSection) -> Iterator[None]:
    """Sets precision and distribution strategy of the recipe, and restores float32 at the end."""
    policy = "mixed_float16" if training.mixed_precision else "float32"
    strategy = tf.distribute.MirroredStrategy() if training.strategy == "mirrored" else None
    keras.mixed_precision.set_global_policy(policy)
    try:
        with strategy.scope() if strategy else contextlib.nullcontext():
            yield
    finally:
        keras.mixed_precision.set_global_policy("float32")
