"""The SavedModel: preprocessing, network and explanation in one, for every consumer.

Keras objects stay in closures; the exported module tracks their plain variables alone. A module
that tracks Keras 3 layers saves and loads in Python, yet TF-1-style loaders (TensorFlow Serving,
BulkInferrer) then miss variables. Of the Transform graph, which has no variables, TFT makes a layer
of Keras 2: tracked, it is traced again, and AutoGraph rewrites all of its code.
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

        Selvaraju et al. 2017, with the gradient of the logit at the last feature map. Those of
        several backbones, and of the mirror image, are averaged on the finest of their grids.
        """
        network = self.network
        views = [pixels, tf.reverse(pixels, [2])] if network.mirrors else [pixels]
        maps = [network.feature_maps(view) for view in views]
        with tf.GradientTape() as tape:
            tape.watch(maps)
            logits = [network.head(network.pooling(found), training=False) for found in maps]
            probabilities = tf.reduce_mean(tf.nn.softmax(tf.stack(logits)), 0)
            top = tf.argmax(probabilities, -1)
            score = sum(tf.gather(found, top, batch_dims=1) for found in logits)
        last = [network.last_maps(found) for found in maps]
        gradients = tape.gradient(score, last)
        heatmaps = [
            _average([_cam(*pair) for pair in zip(*view, strict=True)])
            for view in zip(last, gradients, strict=True)
        ]
        if network.mirrors:
            heatmaps[1] = tf.reverse(heatmaps[1], [2])
        return probabilities, _average(heatmaps)

    def signatures(self) -> dict[str, Any]:
        """Returns the signatures by name, as `tf.function`s."""
        # Nothing here needs AutoGraph, which would rewrite the code of every layer of Keras.

        @tf.function(input_signature=[_IMAGES], autograph=False)
        def serving_default(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            return self.answer(self.network.served(self.pixels(image_bytes), training=False))

        @tf.function(input_signature=[_IMAGES], autograph=False)
        def explain(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            probabilities, heatmap = self.heatmap(self.pixels(image_bytes))
            return self.answer(probabilities) | {"heatmap": heatmap}

        @tf.function(input_signature=[_EXAMPLES], autograph=False)
        def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            spec = {"image": tf.io.FixedLenFeature([], tf.string)}
            encoded = tf.io.parse_example(examples, spec)["image"]
            return {"probabilities": self.network.served(self.pixels(encoded), training=False)}

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
            root.model_variables = [
                variable.value for variable in self.network.classifier.variables
            ]
            root.assets = [
                _asset(folder, LABELS_ASSET, "".join(f"{name}\n" for name in self.data.classes)),
                _asset(folder, RECIPE_ASSET, json.dumps(recipe, indent=2, sort_keys=True)),
            ]
            tf.saved_model.save(root, path, signatures=signatures)


def _cam(feature_map: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    weights = tf.reduce_mean(tf.cast(gradient, tf.float32), [1, 2], keepdims=True)
    return _scaled(tf.nn.relu(tf.reduce_sum(tf.cast(feature_map, tf.float32) * weights, -1)))


def _average(heatmaps: list[tf.Tensor]) -> tf.Tensor:
    """Averages maps [B, h, w] of any size on the finest of their grids, in 0..1."""
    side = max(heatmap.shape[1] for heatmap in heatmaps)
    resized = [
        heatmap[..., None]
        if heatmap.shape[1] == side
        else tf.image.resize(heatmap[..., None], [side, side])
        for heatmap in heatmaps
    ]
    return _scaled(tf.reduce_mean(tf.concat(resized, -1), -1))


def _scaled(heatmap: tf.Tensor) -> tf.Tensor:
    peak = tf.reduce_max(heatmap, [1, 2], keepdims=True)
    return tf.math.divide_no_nan(heatmap, peak)


def _asset(folder: str, name: str, text: str) -> tf.saved_model.Asset:
    path = Path(folder, name)
    path.write_text(text, encoding="utf-8")
    return tf.saved_model.Asset(str(path))
