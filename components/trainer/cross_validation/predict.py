"""The predictions of a fold's model, as Examples that TFMA evaluates without any model."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import tensorflow as tf

from components.storage.examples import records

_BATCH = 32


def predictions_of(
    serve_examples: Callable[[tf.Tensor], dict[str, tf.Tensor]],
    files: Iterable[str],
    filenames: Collection[str],
    fold: int,
) -> Iterator[bytes]:
    """Yields the Examples of some images, with predictions in place of the pixels.

    Args:
        serve_examples: the model's signature.
        files: raw Examples, GZIP TFRecords.
        filenames: of the images to predict.
        fold: number of their fold, from 1.

    Yields:
        Serialized Examples with all features but `image`, and `probabilities`, float [C];
        `uncertain` and `out_of_distribution`, 0 or 1; `fold`.
    """
    batch: list[bytes] = []
    for record in records(files).as_numpy_iterator():
        if _filename(record) in filenames:
            batch.append(record)
        if len(batch) == _BATCH:
            yield from _predicted(serve_examples, batch, fold)
            batch = []
    if batch:
        yield from _predicted(serve_examples, batch, fold)


def _predicted(serve_examples: Any, batch: list[bytes], fold: int) -> Iterator[bytes]:
    outputs = {name: value.numpy() for name, value in serve_examples(tf.constant(batch)).items()}
    for row, record in enumerate(batch):
        example = tf.train.Example.FromString(record)
        features = example.features.feature
        del features["image"]
        features["probabilities"].float_list.value.extend(outputs["probabilities"][row].tolist())
        for name in ("uncertain", "out_of_distribution"):
            features[name].int64_list.value.append(int(outputs[name][row]))
        features["fold"].int64_list.value.append(fold)
        yield example.SerializeToString(deterministic=True)


def _filename(record: bytes) -> str:
    spec = {"filename": tf.io.FixedLenFeature([], tf.string)}
    name: bytes = tf.io.parse_single_example(record, spec)["filename"].numpy()
    return name.decode(errors="surrogateescape")
