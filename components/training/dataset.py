"""Reads the transformed examples as batches of pixels and one-hot labels."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from components.imaging.preprocessing import unpack
from components.recipe.data import DataSection
from components.recipe.training import TrainingSection
from components.storage.examples import records
from components.training.balance import repetitions

_SHUFFLE_BUFFER = 4_096
_PARALLEL = os.cpu_count() or 1
_AHEAD = 2  # batches that are prepared in advance
# Above this the pixels of a split are read from disk each epoch rather than kept in memory.
_CACHE_BYTES = 2_000_000_000

_FEATURES = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "label_index": tf.io.FixedLenFeature([], tf.int64),
}


@dataclass(frozen=True)
class TransformedSplit:
    """One split of the transformed examples.

    Attributes:
        files: GZIP TFRecords.
        data: the recipe's section: image size, channels and classes.
    """

    files: tuple[str, ...]
    data: DataSection

    @classmethod
    def matching(cls, patterns: Iterable[str], data: DataSection) -> "TransformedSplit":
        """Returns the split of the files that match TFX's file patterns, sorted by name."""
        files = sorted(path for pattern in patterns for path in tf.io.gfile.glob(pattern))
        return cls(tuple(files), data)

    @cached_property
    def labels(self) -> np.ndarray:
        """Class indices, int64 [n], in the order of the files."""
        spec = {"label_index": _FEATURES["label_index"]}
        parsed = records(self.files).batch(512).map(lambda batch: tf.io.parse_example(batch, spec))
        found = [batch["label_index"].numpy() for batch in parsed]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def pixel_statistics(self) -> tuple[float, float]:
        """Returns mean and standard deviation of the grey values of the train split, in 0..255."""
        spec = {name: tf.io.FixedLenFeature([], tf.float32) for name in ("pixel_mean", "pixel_std")}
        first = tf.io.parse_single_example(next(iter(records(self.files))), spec)
        return float(first["pixel_mean"]), float(first["pixel_std"])

    def batches(self, size: int, every: int = 1) -> tf.data.Dataset:
        """Returns batches of the images, in the order of the files.

        Args:
            size: number of images in a batch.
            every: 1 for all images, k for the first of every k.

        Returns:
            (pixels [B, H, W, C] float32 in 0..255, one-hot labels [B, classes] float32).
        """
        examples = self._examples().shard(every, 0)
        return examples.batch(size).map(_to_float).prefetch(_AHEAD)

    def training_batches(self, training: TrainingSection, marked: bool = False) -> tf.data.Dataset:
        """Returns shuffled and balanced batches, see `arrange`.

        Args:
            training: the recipe's section: batch size, balance and seed.
            marked: whether the input is a pair: pixels, and whether an image is a copy, bool [B].

        Returns:
            (pixels [B, H, W, C] float32 in 0..255, one-hot labels [B, classes] float32).
        """
        batches = arrange(self._examples(), self.labels, training, marked)
        return batches.map(_pixels_to_float if marked else _to_float).prefetch(_AHEAD)

    def _examples(self) -> tf.data.Dataset:
        size, channels, classes = self.data.image_size, self.data.channels, len(self.data.classes)

        def parse(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            values = tf.io.parse_example(batch, _FEATURES)
            return unpack(values["image"], size, channels), tf.one_hot(
                values["label_index"], classes
            )

        dataset = records(self.files).batch(64).map(parse, num_parallel_calls=_PARALLEL).unbatch()
        # Unbatching loses the length, without which Keras warns at the end of an epoch.
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(self.labels)))
        fits = len(self.labels) * size * size * channels < _CACHE_BYTES
        return dataset.cache() if fits else dataset


def arrange(
    examples: tf.data.Dataset,
    labels: np.ndarray,
    training: TrainingSection,
    marked: bool = False,
) -> tf.data.Dataset:
    """Returns shuffled and balanced batches.

    Args:
        examples: (input, one-hot label) of each image.
        labels: class index of each image, int64 [n].
        training: the recipe's section: batch size, balance and seed.
        marked: whether the input becomes a pair: input, and whether it is a copy, bool [B].

    Returns:
        Batches of one epoch; with `balance: sampling` without end.
    """
    times = repetitions(labels, training)
    examples = _repeated(examples, times) if (times != 1).any() else examples.map(_original)
    if not marked:
        examples = examples.map(lambda pair, label: (pair[0], label))
    if training.balance == "sampling":
        examples = _evenly_sampled(examples, np.unique(labels), training.seed)
    else:
        examples = examples.shuffle(min(times.sum(), _SHUFFLE_BUFFER), seed=training.seed)
    return examples.batch(training.batch_size)


def _original(value: tf.Tensor, label: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
    return (value, tf.constant(False)), label


def _repeated(examples: tf.data.Dataset, times: np.ndarray) -> tf.data.Dataset:
    """Repeats each example `times`, which may be 0; all but the first are marked as copies."""

    def repeat(place: tf.Tensor, example: tuple[tf.Tensor, tf.Tensor]) -> tf.data.Dataset:
        value, label = example
        return tf.data.Dataset.range(tf.gather(times, place)).map(
            lambda number: ((value, number > 0), label)
        )

    repeated = examples.enumerate().flat_map(repeat)
    return repeated.apply(tf.data.experimental.assert_cardinality(int(times.sum())))


def _evenly_sampled(examples: tf.data.Dataset, classes: np.ndarray, seed: int) -> tf.data.Dataset:
    of_class = [
        examples.filter(lambda _, label, index=index: tf.argmax(label) == index)
        .shuffle(_SHUFFLE_BUFFER, seed=seed)
        .repeat()
        for index in classes
    ]
    return tf.data.Dataset.sample_from_datasets(of_class, seed=seed)


def _to_float(pixels: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.cast(pixels, tf.float32), label


def _pixels_to_float(
    marked: tuple[tf.Tensor, tf.Tensor], label: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
    pixels, copy = marked
    return (tf.cast(pixels, tf.float32), copy), label
