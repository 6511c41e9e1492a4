"""The images of a split, and the predictions of the exported model for them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from components.run_report.gallery import Explained
from components.run_report.predictions import Predictions
from components.storage.examples import records

_BATCH = 32


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
        """Calls `serving_default` with every image.

        Args:
            model: a loaded SavedModel.
            features: whose values are kept, for slices.
        """
        predict = model.signatures["serving_default"]
        found: list[tf.train.Example] = []
        probabilities = [np.zeros((0, len(self.classes)), np.float32)]
        flags = [np.zeros((2, 0), bool)]
        for batch in self._batches():
            images = [example.features.feature["image"].bytes_list.value[0] for example in batch]
            outputs = predict(image_bytes=tf.constant(images))
            probabilities.append(outputs["probabilities"].numpy())
            flags.append(np.stack([outputs["uncertain"], outputs["out_of_distribution"]]))
            for example in batch:  # the pixels of a whole split need not fit into memory
                del example.features.feature["image"]
            found += batch
        return Predictions(
            classes=self.classes,
            filenames=tuple(_known(example, "filename") for example in found),
            patients=tuple(_known(example, "patient") for example in found),
            labels=np.array([_label_index(example) for example in found], np.int64),
            probabilities=np.concatenate(probabilities),
            uncertain=np.concatenate(flags, -1)[0],
            out_of_distribution=np.concatenate(flags, -1)[1],
            features={name: tuple(_value(e, name) for e in found) for name in features},
        )

    def explain(self, model: Any, filenames: Collection[str]) -> dict[str, Explained]:
        """Calls `explain` with some images; returns filename → image and heatmap."""
        explain = model.signatures["explain"]
        found = {}
        for batch in self._batches():
            for example in batch:
                name = _known(example, "filename")
                if name in filenames:
                    encoded = example.features.feature["image"].bytes_list.value[0]
                    heatmap = explain(image_bytes=tf.constant([encoded]))["heatmap"].numpy()[0]
                    found[name] = Explained(encoded, heatmap)
        return found

    def _batches(self) -> Iterator[list[tf.train.Example]]:
        for batch in records(self.files).batch(_BATCH).as_numpy_iterator():
            yield [tf.train.Example.FromString(record) for record in batch]


def _label_index(example: tf.train.Example) -> int:
    return int(example.features.feature["label_index"].int64_list.value[0])


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
