"""The images of a split, and the predictions of the exported model, or of the folds, for them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.gate.predictions import Predictions
from components.saved_model.embedding import EMBED, EMBEDDING, SCORE
from components.storage.examples import read_examples, records

_BATCH = 32


@dataclass(frozen=True)
class Explained:
    """An image with its heatmap.

    Attributes:
        encoded: PNG or JPEG.
        heatmap: float32 [h, w] in 0..1, of the class with the highest probability, or None.
    """

    encoded: bytes
    heatmap: NDArray[np.float32] | None


@dataclass(frozen=True)
class SplitImages:
    """The raw Examples of a split.

    Attributes:
        files: GZIP TFRecords.
        classes: in the order of the model's outputs.
    """

    files: Sequence[str]
    classes: tuple[str, ...]

    def predict(self, model: Any, features: Sequence[str] = ()) -> Predictions:
        """Calls `serving_default` with every image, or `embed` where the model has it.

        Args:
            model: a loaded SavedModel.
            features: whose values are kept, for slices.
        """
        embeds = EMBED in model.signatures
        predict = model.signatures[EMBED if embeds else "serving_default"]
        more: dict[str, list[Any]] = {name: [] for name in (SCORE, EMBEDDING) if embeds}
        found: list[tf.train.Example] = []
        probabilities = [np.zeros((0, len(self.classes)), np.float32)]
        flags = [np.zeros((2, 0), bool)]
        for serialized in records(self.files).batch(_BATCH).as_numpy_iterator():
            batch = [tf.train.Example.FromString(record) for record in serialized]
            images = [example.features.feature["image"].bytes_list.value[0] for example in batch]
            outputs = predict(image_bytes=tf.constant(images))
            probabilities.append(outputs["probabilities"].numpy())
            flags.append(np.stack([outputs["uncertain"], outputs["out_of_distribution"]]))
            for name, values in more.items():
                values.append(outputs[name].numpy())
            for example in batch:  # the pixels of a whole split need not fit into memory
                del example.features.feature["image"]
            found += batch
        predictions = _predictions(
            found, self.classes, features, np.concatenate(probabilities), np.concatenate(flags, -1)
        )
        if not found or not embeds:
            return predictions
        scores, embeddings = (np.concatenate(more[name]) for name in (SCORE, EMBEDDING))
        return replace(predictions, scores=scores, embeddings=embeddings)

    def explain(self, model: Any | None, filenames: Collection[str]) -> dict[str, Explained]:
        """Calls `explain` with some images; returns filename → image and heatmap.

        Args:
            model: a loaded SavedModel; None: there are no heatmaps.
            filenames: of the images.
        """
        explain = model.signatures["explain"] if model else None
        found = {}
        for example in read_examples(self.files):
            name = _known(example, "filename")
            if name in filenames:
                encoded = example.features.feature["image"].bytes_list.value[0]
                found[name] = Explained(encoded, _heatmap(explain, encoded))
        return found


def stored_predictions(
    files: Sequence[str], classes: tuple[str, ...], features: Sequence[str] = ()
) -> Predictions:
    """Reads the predictions of a cross-validation.

    Args:
        files: of OutOfFold, GZIP TFRecords.
        classes: in the order of the probabilities.
        features: whose values are kept, for slices.
    """
    found = list(read_examples(files))
    columns = [example.features.feature for example in found]
    probabilities = [list(one["probabilities"].float_list.value) for one in columns]
    flags = [
        [bool(one[name].int64_list.value[0]) for one in columns]
        for name in ("uncertain", "out_of_distribution")
    ]
    return _predictions(
        found, classes, features, np.array(probabilities, np.float32), np.array(flags, bool)
    )


def _predictions(
    examples: Sequence[tf.train.Example],
    classes: tuple[str, ...],
    features: Sequence[str],
    probabilities: NDArray[np.float32],
    flags: NDArray[np.bool_],
) -> Predictions:
    return Predictions(
        classes=classes,
        filenames=tuple(_known(example, "filename") for example in examples),
        patients=tuple(_known(example, "patient") for example in examples),
        labels=np.array(
            [example.features.feature["label_index"].int64_list.value[0] for example in examples],
            np.int64,
        ),
        probabilities=probabilities,
        uncertain=flags[0],
        out_of_distribution=flags[1],
        features={name: tuple(_value(e, name) for e in examples) for name in features},
    )


def _heatmap(explain: Any | None, encoded: bytes) -> NDArray[np.float32] | None:
    if explain is None:
        return None
    heatmap: NDArray[np.float32] = explain(image_bytes=tf.constant([encoded]))["heatmap"].numpy()[0]
    return heatmap


def _known(example: tf.train.Example, name: str) -> str:
    return _value(example, name) or ""


def _value(example: tf.train.Example, name: str) -> str | None:
    """Returns a feature as text, None where the image has none."""
    if name not in example.features.feature:
        return None
    feature = example.features.feature[name]
    values = getattr(feature, feature.WhichOneof("kind") or "bytes_list").value
    if not values:
        return None
    value = values[0]
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else f"{value:g}"
