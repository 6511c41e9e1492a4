"""The SavedModel: preprocessing, network, uncertainty and explanation in one graph.

Keras objects stay in closures, and the exported module tracks only their plain variables. A module
that tracks Keras 3 layers saves and loads in Python, but TF-1-style loaders (TensorFlow Serving,
BulkInferrer) then miss variables (keras#20095). The layer that TFT makes of the Transform graph is
not tracked either: it has no variables, and Keras 2 would trace it again.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from components.imaging.preprocessing import cut_borders, unpack
from components.network.half_precision import Copy, computed_from, float16_copies
from components.network.network import Network
from components.recipe.data import DataSection
from components.saved_model.assets import LABELS_ASSET, RECIPE_ASSET
from components.saved_model.embedding import EMBED, EMBEDDING, SCORE, projection
from components.saved_model.prediction_check import SUM_TOLERANCE
from components.trainer.grad_cam import grad_cam
from components.trainer.uncertainty import MeasuredUncertainty
from components.uncertainty.out_of_distribution import describe
from components.uncertainty.summary import UNCERTAINTY_FILE

_IMAGES = tf.TensorSpec([None], tf.string, name="image_bytes")
_EXAMPLES = tf.TensorSpec([None], tf.string, name="examples")


@dataclass(frozen=True)
class Exporter:
    """Exports a trained network as a SavedModel.

    Attributes:
        network: the trained network.
        transform: TFT's features layer, from {'image': [B, 1] string} to packed pixels.
        data: the recipe's section: classes, image size, channels.
        uncertainty: how probabilities are calibrated, and which predictions are uncertain.
    """

    network: Network
    transform: Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]]
    data: DataSection
    uncertainty: MeasuredUncertainty

    def pixels(self, encoded: tf.Tensor) -> tf.Tensor:
        """Decodes and resizes images by the Transform graph.

        Args:
            encoded: PNG or JPEG, string [B].

        Returns:
            [B, H, W, C] float32 in 0..255.
        """
        packed = self.transform({"image": encoded[:, None]})["image"]
        return tf.cast(unpack(packed, self.data.image_size, self.data.channels), tf.float32)

    def with_uncertainty(
        self, pixels: tf.Tensor, vector: tf.Tensor, probabilities: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Calibrates probabilities and marks those that are not reliable.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.
            vector: pooled features [B, D].
            probabilities: [B, classes] as the network predicts them.

        Returns:
            `probabilities`, calibrated, [B, classes] float32; `out_of_distribution`, bool [B],
            whether the image is unlike the training images; `uncertain`, bool [B], whether it is,
            its top probability is below the threshold, or the values are no probabilities (not
            finite, or their sum is not 1).
        """
        served = self.uncertainty.calibrated(probabilities)
        low = tf.reduce_max(served, -1) < self.uncertainty.summary.uncertain_below
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

    def for_monitor(self, pixels: tf.Tensor, vector: tf.Tensor) -> dict[str, tf.Tensor]:
        """Computes what the request log keeps of an image.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.
            vector: pooled features [B, D].

        Returns:
            `embedding`, float32 [B, 32]; `out_of_distribution_score`, float32 [B]: the log of the
            squared distance from the training images, less its limit, so that an image above 0 is
            out of distribution. NaN where the model has no such detector.
        """
        detector = self.uncertainty.ood_detector
        if detector is None:
            score = tf.fill([tf.shape(vector)[0]], float("nan"))
        else:
            score = detector.distance(describe(pixels, vector)) - detector.limit
        features = tf.cast(vector, tf.float32)
        return {EMBEDDING: features @ projection(vector.shape[-1]), SCORE: score}

    def with_labels(self, outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds `label` [B], the most probable class, and `labels` [B, classes], all class names."""
        names = tf.constant(list(self.data.classes))
        probabilities = outputs["probabilities"]
        batch = tf.shape(probabilities)[0]
        return outputs | {
            "label": tf.gather(names, tf.argmax(probabilities, -1)),
            "labels": tf.tile(names[None, :], [batch, 1]),
        }

    def signatures(self, copies: Sequence[Copy] = ()) -> dict[str, Any]:
        """Returns the signatures by name, as `tf.function`s.

        Args:
            copies: of weights of the network, which take their place; see `computed_from`.
        """

        def embed(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            pixels = self.pixels(image_bytes)
            vector, probabilities = self.network.predict(pixels)
            outputs = self.with_labels(self.with_uncertainty(pixels, vector, probabilities))
            return outputs | self.for_monitor(pixels, vector)

        # Traced once for both signatures. A session leaves out what nobody fetches.
        both = _traced(embed, _IMAGES, copies)

        def serving_default(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            outputs = both(image_bytes)
            return {name: outputs[name] for name in outputs if name not in (EMBEDDING, SCORE)}

        def explain(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            pixels = self.pixels(image_bytes)
            vector, probabilities, heatmap = grad_cam(self.network, pixels)
            if self.data.resize == "pad":  # the client's image has no added borders
                heatmap = cut_borders(heatmap, image_bytes)
            outputs = self.with_labels(self.with_uncertainty(pixels, vector, probabilities))
            return outputs | self.for_monitor(pixels, vector) | {"heatmap": heatmap}

        def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            spec = {"image": tf.io.FixedLenFeature([], tf.string)}
            pixels = self.pixels(tf.io.parse_example(examples, spec)["image"])
            return self.with_uncertainty(pixels, *self.network.predict(pixels))

        return {
            "serving_default": _traced(serving_default, _IMAGES, ()),
            EMBED: both,
            "explain": _traced(explain, _IMAGES, copies),
            "serve_examples": _traced(serve_examples, _EXAMPLES, copies),
        }

    def save(self, path: str, recipe: dict[str, Any]) -> None:
        """Writes the SavedModel, with labels, recipe and uncertainty in its assets.

        Args:
            path: folder to write to.
            recipe: sections of the recipe that the model was made from, JSON-able.
        """
        copies = float16_copies(self.network.features) if self.network.float16 else []
        signatures, copy_of = self.signatures(copies), {id(of): copy for of, copy in copies}
        with tempfile.TemporaryDirectory() as folder:
            root = tf.Module()
            root.model_variables = [
                copy_of.get(id(variable), variable.value)
                for variable in self.network.classifier.variables
            ]
            root.assets = [
                _asset(folder, LABELS_ASSET, "".join(f"{name}\n" for name in self.data.classes)),
                _asset(folder, UNCERTAINTY_FILE, self.uncertainty.summary.to_json()),
                _asset(folder, RECIPE_ASSET, json.dumps(recipe, indent=2, sort_keys=True)),
            ]
            tf.saved_model.save(root, path, signatures=signatures)


def _traced(
    compute: Callable[[tf.Tensor], dict[str, tf.Tensor]],
    spec: tf.TensorSpec,
    copies: Sequence[Copy],
) -> Any:
    def with_weights(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        with computed_from(copies):
            return compute(inputs)

    # AutoGraph is not needed, and would rewrite the code of every layer of Keras.
    return tf.function(with_weights, input_signature=[spec], autograph=False)


def _are_probabilities(values: tf.Tensor) -> tf.Tensor:
    """Returns bool [B] for [B, C]; comparisons with NaN are false, so this is, too."""
    sums = abs(tf.reduce_sum(values, -1) - 1) <= SUM_TOLERANCE
    return sums & (tf.reduce_min(values, -1) >= 0)


def _asset(folder: str, name: str, text: str) -> tf.saved_model.Asset:
    path = Path(folder, name)
    path.write_text(text, encoding="utf-8")
    return tf.saved_model.Asset(str(path))
