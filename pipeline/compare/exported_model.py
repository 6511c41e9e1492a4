"""Predicts a split with an exported model, and measures its size and speed."""

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.data_audit.checks.shortcut_model import ImageFacts
from components.runtime import progress
from components.saved_model.assets import LABELS_ASSET
from components.storage.examples import records
from pipeline.compare.outcome import Cost
from pipeline.compare.predictions import Predictions

_BATCH = 32
_WARM_UP, _TIMED = 5, 50
_TEXTS = ("image", "filename", "patient", "label", "format")
_NUMBERS = {"width": tf.int64, "height": tf.int64, "mean": tf.float32, "std": tf.float32}
_FEATURES = {name: tf.io.FixedLenFeature([], tf.string) for name in _TEXTS} | {
    name: tf.io.FixedLenFeature([], dtype) for name, dtype in _NUMBERS.items()
}


class Exported:
    """An exported model.

    Args:
        uri: of the Trainer's output `model`.
    """

    def __init__(self, uri: str):
        self.path = path_utils.serving_model_path(uri)
        self._model: Any = tf.saved_model.load(self.path)
        labels = Path(self.path, "assets", LABELS_ASSET)
        with tf.io.gfile.GFile(str(labels)) as file:
            self.classes = tuple(file.read().splitlines())

    def predict(
        self, examples: str, split: str, classes: tuple[str, ...], fold: int
    ) -> Predictions:
        """Predicts a split.

        Args:
            examples: URI of the Examples.
            split: its name.
            classes: the order of the columns of the probabilities.
            fold: kept in the predictions.
        """
        found, batches = _columns(_records(examples, split)), []
        order = [self.classes.index(label) for label in classes]
        signature = self._model.signatures["serve_examples"]
        total = len(found["label"])
        for start in range(0, total, _BATCH):
            batch = tf.constant(found["record"][start : start + _BATCH])
            predicted = signature(examples=batch)["probabilities"].numpy().astype(np.float64)
            batches.append(predicted[:, order])
            progress.report(min(len(batches) * _BATCH, total), total, "images", "predicting")
        return Predictions(
            filenames=tuple(_text(value) for value in found["filename"]),
            patients=tuple(_text(value) for value in found["patient"]),
            folds=np.full(total, fold, np.int64),
            labels=np.array([classes.index(_text(value)) for value in found["label"]], np.int64),
            probabilities=np.concatenate(batches),
        )

    def cost(self, examples: str) -> Cost:
        """Measures size and speed, with the first image of the test split."""
        files = [
            tf.io.gfile.stat(os.path.join(folder, name)).length
            for folder, _, names in tf.io.gfile.walk(self.path)
            for name in names
        ]
        image = _columns(_records(examples, "test").take(1))["image"]
        predict = self._model.signatures["serving_default"]
        seconds = []
        for _ in range(_WARM_UP + _TIMED):
            start = time.perf_counter()
            predict(image_bytes=tf.constant(image))["probabilities"].numpy()
            seconds.append(time.perf_counter() - start)
        return Cost(
            megabytes=sum(files) / 1e6,
            parameters=sum(int(np.prod(value.shape)) for value in self._model.model_variables),
            latency=1e3 * statistics.median(seconds[_WARM_UP:]),
        )


def image_facts(examples: str, splits: Sequence[str]) -> tuple[list[ImageFacts], list[str]]:
    """Reads from the Examples what is known of each image without its pixels, and its class."""
    facts, labels = [], []
    for split in splits:
        found = _columns(_records(examples, split))
        formats = [_text(value) for value in found["format"]]
        columns = (found["width"], found["height"], formats, found["mean"], found["std"])
        facts += [ImageFacts(*values) for values in zip(*columns, strict=True)]
        labels += [_text(value) for value in found["label"]]
    return facts, labels


def _records(examples: str, split: str) -> tf.data.Dataset:
    folder = artifact_utils.get_split_uri([_artifact(examples)], split)
    return records(tf.io.gfile.glob(os.path.join(folder, "*.gz")))


def _artifact(examples: str) -> Any:
    from tfx.types import standard_artifacts

    artifact = standard_artifacts.Examples()
    artifact.uri = examples
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval", "test"])
    return artifact


def _columns(examples: tf.data.Dataset) -> dict[str, Any]:
    """Returns feature → values of all images, and `record`, the serialized Examples."""
    serialized = list(examples.as_numpy_iterator())
    parsed = tf.io.parse_example(serialized, _FEATURES)
    return {"record": serialized} | {name: value.numpy() for name, value in parsed.items()}


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")
