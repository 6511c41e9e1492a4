"""Reference predictions: those of the trained network in memory for a few images.

The serving validator compares them with the predictions of the served model for the same images.
If they differ, the Transform graph, the export or the server is wrong.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.imaging.preprocessing import unpack
from components.storage.examples import records
from components.training.dataset import TransformedSplit

FILE_NAME = "predictions.csv"
_CANDIDATES, _KEPT = 16, 4  # images of each class
_BATCH = 16


@dataclass(frozen=True)
class Predictions:
    """Predictions of several images.

    Attributes:
        classes: names of the classes, in the order of the probabilities.
        by_file: file name as in the Examples → probabilities, float32 [classes].
    """

    classes: tuple[str, ...]
    by_file: dict[str, NDArray[np.float32]]


def predict_sample(
    predict: Callable[[tf.Tensor], tf.Tensor],
    split: TransformedSplit,
    candidates: int = _CANDIDATES,
) -> Predictions:
    """Predicts a few images of each class, those with the lowest top probabilities.

    Confident predictions would hide a difference: 0 and 1 do not change when the logits do.

    Args:
        predict: pixels [B, H, W, C] float32 in 0..255 → probabilities [B, classes], as served.
        split: transformed examples.
        candidates: number of images of each class to choose from.
    """
    files, pixels, labels = _read(split, few_of_each(split.labels, candidates))
    # As the server does: a GPU's TensorFloat-32 would be a difference.
    with tf.device("CPU:0"):
        batches = [pixels[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
        probabilities = np.concatenate(
            [np.asarray(predict(tf.cast(batch, tf.float32))) for batch in batches]
        )
    order = np.argsort(probabilities.max(-1), kind="stable")
    kept = order[few_of_each(labels[order], _KEPT)]
    return Predictions(split.data.classes, {files[index]: probabilities[index] for index in kept})


def few_of_each(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Returns the indices of the first `count` of each label, in ascending order."""
    firsts = [np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]
    return np.sort(np.concatenate(firsts)) if firsts else np.zeros(0, np.int64)


def _read(
    split: TransformedSplit, indices: NDArray[np.int64]
) -> tuple[list[str], tf.Tensor, NDArray[np.int64]]:
    """Returns file names, pixels [n, H, W, C] uint8 and labels of the examples at the indices."""
    wanted = set(indices.tolist())
    stored = enumerate(records(split.files).as_numpy_iterator())
    found = [record for index, record in stored if index in wanted]
    spec = {name: tf.io.FixedLenFeature([], tf.string) for name in ("image", "filename")}
    parsed = tf.io.parse_example(found, spec)
    names = [name.decode(errors="surrogateescape") for name in parsed["filename"].numpy()]
    pixels = unpack(parsed["image"], split.data.image_size, split.data.channels)
    return names, pixels, split.labels[indices]


# === The file ===


def save_predictions(predictions: Predictions, folder: str) -> None:
    """Writes `predictions.csv`: a row for each file, a column for each class."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["filename", *predictions.classes])
    for name, probabilities in sorted(predictions.by_file.items()):
        # Nine digits identify a float32.
        writer.writerow([name, *(f"{value:.9g}" for value in probabilities)])
    with tf.io.gfile.GFile(f"{folder}/{FILE_NAME}", "wb") as file:
        file.write(text.getvalue().encode(errors="surrogateescape"))


def load_predictions(folder: str) -> Predictions:
    """Reads what `save_predictions` wrote.

    Raises:
        tf.errors.NotFoundError: the folder has no such file.
    """
    with tf.io.gfile.GFile(f"{folder}/{FILE_NAME}", "rb") as file:
        text = file.read().decode(errors="surrogateescape")
    (_, *classes), *rows = csv.reader(io.StringIO(text))
    return Predictions(
        tuple(classes), {name: np.array(values, np.float32) for name, *values in rows}
    )
