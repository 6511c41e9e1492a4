"""The Examples that ImageExampleGen writes: their features, and how the files are read."""

from collections.abc import Iterable

import tensorflow as tf

# Present in every Example, with one value.
ALWAYS = ("image", "filename", "patient", "format", "width", "height", "mean", "std")


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Returns the dataset, and all that is built on it, without tf.data's autotuner.

    TensorFlow 2.16 waits at the end of each pass until its autotuner wakes up, from a sleep that
    grows with the length of the pass: every other epoch of a training took twice its time.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def records(files: Iterable[str]) -> tf.data.Dataset:
    """Returns the serialized Examples of GZIP TFRecords, string scalars, by file name."""
    return untuned(tf.data.TFRecordDataset(sorted(files), compression_type="GZIP"))
