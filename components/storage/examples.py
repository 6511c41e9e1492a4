"""The Examples that ImageExampleGen and Transform write: their features, and their files."""

from collections.abc import Iterable, Iterator, Mapping

import tensorflow as tf

# Present in every Example, with one value.
ALWAYS = ("image", "filename", "patient", "format", "width", "height", "mean", "std")

Value = bytes | str | int | float

# GZIP, which TFX expects, but stored as they are: the images are compressed already, and of the
# pixels that Transform writes a fifth would be saved, in as much time as to decode them.
_STORED = tf.io.TFRecordOptions(compression_type="GZIP", compression_level=0)


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


def read_examples(files: Iterable[str]) -> Iterator[tf.train.Example]:
    """Yields the Examples of GZIP TFRecords, by file name."""
    for record in records(files).as_numpy_iterator():
        yield tf.train.Example.FromString(record)


def open_writer(path: str) -> tf.io.TFRecordWriter:
    """Returns a writer of GZIP TFRecords, for `records`; it is a context manager."""
    return tf.io.TFRecordWriter(path, _STORED)


def to_example(values: Mapping[str, Value]) -> tf.train.Example:
    """Wraps plain values, one per feature, into a tf.Example."""
    return tf.train.Example(
        features=tf.train.Features(feature={name: _feature(v) for name, v in values.items()})
    )


def _feature(value: Value) -> tf.train.Feature:
    if isinstance(value, str):
        value = value.encode(errors="surrogateescape")
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
