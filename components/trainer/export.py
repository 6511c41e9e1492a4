"""The SavedModel: preprocessing, network and explanation in one, for every consumer.

Keras objects stay in closures; the exported module tracks their plain variables and the Transform
graph alone. A module that tracks Keras 3 layers saves and loads in Python, yet TF-1-style loaders
(TensorFlow Serving, BulkInferrer) then miss variables.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from components.sections import DataSection, ServingSection
from components.trainer.export_names import LABELS_ASSET, RECIPE_ASSET
from components.trainer.network import Network
from components.transform.images import unpack

_IMAGES = tf.TensorSpec([None], tf.string, name="image_bytes")
_EXAMPLES = tf.TensorSpec([None], tf.string, name="examples")


@dataclass(frozen=True)
class Exporter:
    """Builds the signatures of a trained network.

    Attributes:
        network: the trained network.
        transform: TFT's features layer, from {'image': [B, 1] string} to packed pixels.
        data: classes, image size, channels.
        serving: below which probability an answer is uncertain.
    """

    network: Network
    transform: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]]
    data: DataSection
    serving: ServingSection

    def pixels(self, encoded: tf.Tensor) -> tf.Tensor:
        """Maps [B] encoded images to [B, H, W, C] float32 in 0..255, by the Transform graph."""
        packed = self.transform({"image": encoded[:, None]})["image"]
        return tf.cast(unpack(packed, self.data.image_size, self.data.channels), tf.float32)

    def answer(self, probabilities: tf.Tensor) -> dict[str, tf.Tensor]:
        """Puts the label and the doubt beside [B, C] probabilities."""
        names = tf.constant(list(self.data.classes))
        batch = tf.shape(probabilities)[0]
        return {
            "probabilities": probabilities,
            "label": tf.gather(names, tf.argmax(probabilities, -1)),
            "labels": tf.tile(names[None, :], [batch, 1]),
            "uncertain": tf.reduce_max(probabilities, -1) < self.serving.uncertain_below,
        }

    def heatmap(self, pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns probabilities [B, C] and the Grad-CAM of the top class [B, h, w] in 0..1.

        Selvaraju et al. 2017, with the gradient of the logit at the last feature map.
        """
        feature_map = self.network.features(pixels, training=False)
        with tf.GradientTape() as tape:
            tape.watch(feature_map)
            logits = self.network.head(feature_map, training=False)
            top = tf.reduce_max(logits, -1)
        gradient = tf.cast(tape.gradient(top, feature_map), tf.float32)
        weights = tf.reduce_mean(gradient, [1, 2], keepdims=True)
        cam = tf.nn.relu(tf.reduce_sum(tf.cast(feature_map, tf.float32) * weights, -1))
        peak = tf.reduce_max(cam, [1, 2], keepdims=True)
        return tf.nn.softmax(tf.cast(logits, tf.float32)), tf.math.divide_no_nan(cam, peak)

    def signatures(self) -> dict[str, Any]:
        """Returns the signatures by name, as `tf.function`s."""

        @tf.function(input_signature=[_IMAGES])
        def serving_default(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.answer(self.network.classifier(self.pixels(image_bytes), training=False))

        @tf.function(input_signature=[_IMAGES])
        def explain(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            probabilities, heatmap = self.heatmap(self.pixels(image_bytes))
            return self.answer(probabilities) | {"heatmap": heatmap}

        @tf.function(input_signature=[_EXAMPLES])
        def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            spec = {"image": tf.io.FixedLenFeature([], tf.string)}
            encoded = tf.io.parse_example(examples, spec)["image"]
            return {"probabilities": self.network.classifier(self.pixels(encoded), training=False)}

        return {
            "serving_default": serving_default,
            "explain": explain,
            "serve_examples": serve_examples,
        }

    def save(self, path: str, recipe: dict[str, Any]) -> None:
        """Writes the SavedModel.

        Args:
            path: folder to write to.
            recipe: the sections the model was made from, kept in the assets.
        """
        signatures = self.signatures()
        with tempfile.TemporaryDirectory() as folder:
            root = tf.Module()
            root.transform = self.transform
            root.model_variables = [
                variable.value for variable in self.network.classifier.variables
            ]
            root.assets = [
                _asset(folder, LABELS_ASSET, "".join(f"{name}\n" for name in self.data.classes)),
                _asset(folder, RECIPE_ASSET, json.dumps(recipe, indent=2, sort_keys=True)),
            ]
            tf.saved_model.save(root, path, signatures=signatures)


def _asset(folder: str, name: str, text: str) -> tf.saved_model.Asset:
    path = Path(folder, name)
    path.write_text(text, encoding="utf-8")
    return tf.saved_model.Asset(str(path))
