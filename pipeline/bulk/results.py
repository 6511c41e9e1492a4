"""Makes the rows of the CSV from what the nodes wrote: predictions, and unreadable files."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2
from tfx.dsl.io import fileio

from components.imaging import quarantine
from components.imaging.quarantine import Quarantined
from components.runtime.text import one_line
from components.storage.examples import records
from pipeline.bulk.model import BulkModel
from serving.score.listing import suffix_of
from serving.score.rows import CAN_NOT_BE_READ, Row

_NOT_AN_IMAGE = "not_an_image_name"


def predicted_rows(uri: str, model: BulkModel) -> Iterator[Row]:
    """Yields a row for each prediction of BulkInferrer, in no order.

    Args:
        uri: of the `InferenceResult`: GZIP TFRecords of `PredictionLog`.
        model: that predicted, by its signature `serve_examples`.
    """
    for record in records(fileio.glob(os.path.join(uri, "*.gz"))).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record).predict_log
        (examples,) = log.request.inputs.values()
        example = tf.train.Example.FromString(tf.make_ndarray(examples).item())
        name = example.features.feature["filename"].bytes_list.value[0]
        yield _row(name.decode(errors="surrogateescape"), log.response.outputs, model)


def quarantined(uri: str) -> list[Quarantined]:
    """Reads the quarantine list of ImageExampleGen."""
    with fileio.open(os.path.join(uri, quarantine.FILE_NAME), "r") as file:
        return quarantine.from_csv(file.read())


def unreadable_rows(items: list[Quarantined]) -> list[Row]:
    """Returns a row for each image that can't be read, in the words of `medtfx score`."""
    return [
        Row(one_line(item.file), error=one_line(_error(item))) for item in items if item.unreadable
    ]


def left_out(items: list[Quarantined]) -> Counter[str]:
    """Returns suffix → number of files that are no image."""
    return Counter(suffix_of(item.file) for item in items if item.reason == _NOT_AN_IMAGE)


def _row(file: str, outputs: Mapping[str, Any], model: BulkModel) -> Row:
    probabilities = tf.make_ndarray(outputs["probabilities"]).reshape(-1)
    return Row(
        one_line(file),
        model.data.classes[int(probabilities.argmax())],
        tuple(probabilities.tolist()),
        bool(tf.make_ndarray(outputs["uncertain"]).item()),
        model.version,
        out_of_distribution=bool(tf.make_ndarray(outputs["out_of_distribution"]).item()),
    )


def _error(item: Quarantined) -> str:
    if item.reason == "unreadable_file":
        return f"{CAN_NOT_BE_READ}{item.detail}"
    return f"{item.reason}: {item.detail}"
