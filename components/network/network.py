"""The classifier: pixels → views → scaling → backbones → pooling → head → probabilities.

A view is the image at the size and with the contrast that a backbone takes.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras

from components.network.backbones import build_backbone, scaling_of
from components.network.contrast import LocalContrast
from components.network.levels import with_levels
from components.network.pixel_scaling import PixelScaling
from components.network.standardisation import standardisation
from components.network.weights import pretrained_backbone
from components.recipe.data import DataSection
from components.recipe.model import SCRATCH, ModelSection


@dataclass(frozen=True)
class Network:
    """A classifier, and those of its parts that training and explanation use.

    Attributes:
        features: pixels [B, H, W, C] float32 in 0..255 → feature maps, see `feature_maps`.
        pooling: list of feature maps → pooled features [B, D] float32.
        head: pooled features → logits [B, classes] float32.
        classifier: pixels → probabilities [B, classes] float32, without test-time augmentation.
        backbones: the backbones in `features`, which fine-tuning unfreezes.
        weights: where the weights of the backbones come from, in words.
        flip_tta: whether predictions are averaged over the image and its mirror image.
    """

    features: keras.Model
    pooling: keras.Model
    head: keras.Model
    classifier: keras.Model
    backbones: tuple[keras.Model, ...]
    weights: str
    flip_tta: bool

    def feature_maps(self, pixels: Any) -> list[Any]:
        """Computes the feature maps in inference mode: no dropout, fixed batch statistics.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.

        Returns:
            Maps [B, h, w, F]: `model.levels` of each backbone, the finest first, backbone by
            backbone.
        """
        # Keras unpacks a list of one.
        return list(keras.tree.flatten(self.features(pixels, training=False)))

    def predict(self, pixels: Any, vectors: list[Any] | None = None) -> tuple[Any, Any]:
        """Computes pooled features and probabilities in inference mode.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.
            vectors: pooled features [B, D] of the image, and with `flip_tta` of the mirror image,
                if they have been computed before.

        Returns:
            Pooled features [B, D] of the image, and probabilities [B, classes], with `flip_tta`
            averaged over both images.
        """
        if vectors is None:
            views = [pixels, keras.ops.flip(pixels, axis=2)] if self.flip_tta else [pixels]
            vectors = [self.pooling(self.feature_maps(view)) for view in views]
        found = [keras.ops.softmax(self.head(vector, training=False)) for vector in vectors]
        return vectors[0], sum(found) / len(found)

    def last_maps(self, maps: list[Any]) -> list[Any]:
        """Returns the last feature map of each backbone, out of those of `feature_maps`."""
        levels = len(maps) // len(self.backbones)
        return maps[levels - 1 :: levels]


def build_network(
    model: ModelSection, data: DataSection, pixel_mean: float = 127.5, pixel_std: float = 64.0
) -> Network:
    """Builds the classifier and loads the backbone's weights.

    Args:
        model: the recipe's section: the architecture.
        data: the recipe's section: classes, image size and colour.
        pixel_mean: mean grey value of the train split in 0..255, for `normalisation: dataset`.
        pixel_std: standard deviation of its grey values, likewise.

    Returns:
        The network, with the backbones' weights loaded and a random head.

    Raises:
        RecipeError: a backbone is unknown, can't take this image size or has too few levels.
        WeightsError: the weights can't be loaded or do not fit.
    """
    # === Backbones ===
    pixels = keras.Input((data.image_size, data.image_size, data.channels), name="pixels")
    backbones, maps, sources = [], [], []
    views: dict[tuple[int, str], keras.KerasTensor] = {}
    for place, network in enumerate(model.networks):
        size = network.size or data.image_size
        backbone, source = _backbone(network, size, data.channels)
        taken = backbone.input_shape[-1]
        scaling = PixelScaling(scaling_of(network), pixel_mean, pixel_std, taken)
        levels = with_levels(backbone, model.levels, name=f"backbone_{place}")
        view = (size, network.contrast)
        if view not in views:
            views[view] = _view(pixels, *view)
        # Pretrained batch normalisation keeps its statistics, also in fine-tuning: those of small
        # batches are too noisy. None: as the enclosing model is called.
        maps += keras.tree.flatten(
            levels(scaling(views[view]), training=False if model.pretrained else None)
        )
        backbones.append(backbone)
        sources.append(source)
    features = keras.Model(pixels, maps, name="features")

    # === Pooling and head ===
    pooling, widths = _pooling(model, maps)
    head = _head(model, widths, len(data.classes))

    # === Classifier ===
    logits = head(pooling(features(pixels)))
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
    classifier = keras.Model(pixels, probabilities, name="classifier")
    return Network(
        features,
        pooling,
        head,
        classifier,
        tuple(backbones),
        ", ".join(sources),
        model.flip_tta,
    )


def _backbone(model: ModelSection, size: int, channels: int) -> tuple[keras.Model, str]:
    if model.backbone == SCRATCH:
        return build_backbone(model, size, channels), "random weights"
    return pretrained_backbone(model, size)


def _view(pixels: keras.KerasTensor, size: int, contrast: str) -> keras.KerasTensor:
    """Returns a view of [B, H, W, C] pixels in 0..255, in the same range."""
    if size != pixels.shape[1]:
        pixels = keras.layers.Resizing(size, size, antialias=True)(pixels)
    return LocalContrast()(pixels) if contrast == "clahe" else pixels


def _pooling(model: ModelSection, maps: list[keras.KerasTensor]) -> tuple[keras.Model, list[int]]:
    """Returns the model from feature maps to one vector, and its number of features by backbone."""
    layers = keras.layers
    last = {
        "avg": layers.GlobalAveragePooling2D,
        "max": layers.GlobalMaxPooling2D,
        "flatten": layers.Flatten,
    }[model.pooling]
    inputs = [keras.Input(found.shape[1:]) for found in maps]
    # In float16 a mean over many pixels may overflow.
    pooled = [
        (last if (place + 1) % model.levels == 0 else layers.GlobalAveragePooling2D)(
            dtype="float32"
        )(found)
        for place, found in enumerate(inputs)
    ]
    vector = layers.Concatenate(dtype="float32")(pooled) if len(pooled) > 1 else pooled[0]
    sizes = [vector.shape[-1] for vector in pooled]
    starts = range(0, len(sizes), model.levels)
    widths = [sum(sizes[start : start + model.levels]) for start in starts]
    return keras.Model(inputs, vector, name="pooling"), widths


def _head(model: ModelSection, widths: list[int], classes: int) -> keras.Model:
    vector = keras.Input((sum(widths),))
    x = standardisation()(vector) if model.standardise else vector
    if model.combine == "concat" or len(widths) == 1:
        return keras.Model(vector, _logits(model, x, classes, "logits"), name="head")
    members, start = [], 0
    for place, width in enumerate(widths):
        part = x[:, start : start + width]
        members.append(keras.ops.log_softmax(_logits(model, part, classes, f"logits_{place}")))
        start += width
    # The log of the mean probability: its softmax is the mean probability itself.
    mean = keras.ops.logsumexp(keras.ops.stack(members), axis=0) - math.log(len(members))
    return keras.Model(vector, mean, name="head")


def _logits(
    model: ModelSection, x: keras.KerasTensor, classes: int, name: str
) -> keras.KerasTensor:
    layers = keras.layers
    penalty = keras.regularizers.L2(model.l2) if model.l2 else None
    for units in model.dense:
        x = layers.Dense(units, activation="relu", kernel_regularizer=penalty)(x)
    x = layers.Dropout(model.dropout)(x)
    units = 1 if model.head == "sigmoid" else classes
    # With random weights, thousands of standardised features would dominate the first epochs.
    start = "zeros" if model.standardise else "glorot_uniform"
    x = layers.Dense(
        units, dtype="float32", kernel_initializer=start, kernel_regularizer=penalty, name=name
    )(x)
    # The softmax of these two logits is the sigmoid of the one, and both classes have a Grad-CAM.
    return keras.ops.concatenate([-x / 2, x / 2], axis=-1) if model.head == "sigmoid" else x
