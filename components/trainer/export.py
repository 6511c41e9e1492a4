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

from components.imaging.preprocessing import cut_borders, unpack
from components.network.network import Network
from components.recipe.data import DataSection
from components.saved_model.assets import LABELS_ASSET, RECIPE_ASSET
from components.saved_model.prediction_check import SUM_TOLERANCE
from components.trainer.uncertainty import MeasuredUncertainty
from components.uncertainty.out_of_distribution import describe
from components.uncertainty.summary import UNCERTAINTY_FILE

_IMAGES = tf.TensorSpec([None], tf.string, name="image_bytes")
_EXAMPLES = tf.TensorSpec([None], tf.string, name="examples")


@dataclass(frozen=True)
class Exporter:
    """Builds the signatures of a trained network.

    Attributes:
        network: the trained network.
        transform: TFT's features layer, from {'image': [B, 1] string} to packed pixels.
        data: classes, image size, channels.
        uncertainty: which answers are uncertain, and how they are calibrated.
    """

    network: Network
    transform: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]]
    data: DataSection
    uncertainty: MeasuredUncertainty

    def pixels(self, encoded: tf.Tensor) -> tf.Tensor:
        """Maps [B] encoded images to [B, H, W, C] float32 in 0..255, by the Transform graph."""
        packed = self.transform({"image": encoded[:, None]})["image"]
        return tf.cast(unpack(packed, self.data.image_size, self.data.channels), tf.float32)

    def judged(
        self, pixels: tf.Tensor, vector: tf.Tensor, probabilities: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns calibrated probabilities [B, C], and whether they are to be relied on, bool [B].

        An `out_of_distribution` image is unlike those of training. `uncertain` are its prediction,
        one whose top probability is low, and values that are no probabilities.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.
            vector: pooled features [B, D].
            probabilities: [B, C] as the network gives them.
        """
        served = self.uncertainty.calibrated(probabilities)
        low = tf.reduce_max(served, -1) < self.uncertainty.facts.uncertain_below
        # Both: calibration may turn what is not finite into something that looks like a share.
        low |= ~(_are_probabilities(probabilities) & _are_probabilities(served))
        if self.uncertainty.ood_detector is None:
            out_of_distribution = tf.zeros_like(low)
        else:
            out_of_distribution = self.uncertainty.ood_detector.out_of_distribution(
                describe(pixels, vector)
            )
        return {
            "probabilities": served,
            "uncertain": low | out_of_distribution,
            "out_of_distribution": out_of_distribution,
        }

    def named(self, judged: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Puts the label of the top probability and the names of the classes beside an answer."""
        names = tf.constant(list(self.data.classes))
        probabilities = judged["probabilities"]
        batch = tf.shape(probabilities)[0]
        return judged | {
            "label": tf.gather(names, tf.argmax(probabilities, -1)),
            "labels": tf.tile(names[None, :], [batch, 1]),
        }

    def heatmap(self, pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Returns what `Network.answer` does, and the Grad-CAM of the top class [B, h, w] in 0..1.

        Selvaraju et al. 2017, with the gradient of the logit at the last feature map. Those of
        several backbones, and of the mirror image, are averaged on the finest of their grids.
        """
        network = self.network
        views = [pixels, tf.reverse(pixels, [2])] if network.mirrors else [pixels]
        maps = [network.feature_maps(view) for view in views]
        with tf.GradientTape() as tape:
            tape.watch(maps)
            vectors = [network.pooling(found) for found in maps]
            logits = [network.head(vector, training=False) for vector in vectors]
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
        return vectors[0], probabilities, _average(heatmaps)

    def signatures(self) -> dict[str, Any]:
        """Returns the signatures by name, as `tf.function`s."""
        # Nothing here needs AutoGraph, which would rewrite the code of every layer of Keras.

        @tf.function(input_signature=[_IMAGES], autograph=False)
        def serving_default(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            pixels = self.pixels(image_bytes)
            return self.named(self.judged(pixels, *self.network.answer(pixels)))

        @tf.function(input_signature=[_IMAGES], autograph=False)
        def explain(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            pixels = self.pixels(image_bytes)
            vector, probabilities, heatmap = self.heatmap(pixels)
            if self.data.resize == "pad":  # who asked knows nothing of borders
                heatmap = cut_borders(heatmap, image_bytes)
            return self.named(self.judged(pixels, vector, probabilities)) | {"heatmap": heatmap}

        @tf.function(input_signature=[_EXAMPLES], autograph=False)
        def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            spec = {"image": tf.io.FixedLenFeature([], tf.string)}
            pixels = self.pixels(tf.io.parse_example(examples, spec)["image"])
            return self.judged(pixels, *self.network.answer(pixels))

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
                _asset(folder, UNCERTAINTY_FILE, self.uncertainty.facts.to_json()),
                _asset(folder, RECIPE_ASSET, json.dumps(recipe, indent=2, sort_keys=True)),
            ]
            tf.saved_model.save(root, path, signatures=signatures)


def _are_probabilities(values: tf.Tensor) -> tf.Tensor:
    """Returns bool [B] for [B, C]; comparisons with NaN are false, so this is, too."""
    sums = abs(tf.reduce_sum(values, -1) - 1) <= SUM_TOLERANCE
    return sums & (tf.reduce_min(values, -1) >= 0)


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
