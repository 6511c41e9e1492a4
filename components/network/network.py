"""The classifier: pixels → views → scaling → backbones → pooling → head → probabilities.

A view is an image at the size and in the contrast that a backbone wants.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras

from components.network.backbones import build_backbone, scaling_of
from components.network.contrast import LocalContrast
from components.network.levels import with_levels
from components.network.standardisation import standardisation
from components.network.weights import pretrained_backbone
from components.recipe.data import DataSection
from components.recipe.model import SCRATCH, ModelSection

_IMAGENET_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
_IMAGENET_VARIANCE = ((0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2)
_CAFFE_BGR_MEAN = (103.939, 116.779, 123.68)


@dataclass(frozen=True)
class Network:
    """A classifier and the parts that training and explanation need.

    Attributes:
        features: [B, H, W, C] float32 in 0..255 → feature maps, as `feature_maps` gives them.
        pooling: list of feature maps → vector [B, D] float32.
        head: the vector → logits [B, classes] float32.
        classifier: [B, H, W, C] float32 in 0..255 → probabilities [B, classes] float32.
        backbones: inside `features`; what fine-tuning unfreezes.
        weights: where the backbones' weights came from, in words.
        mirrors: whether answers are averaged over the image and its mirror image.
    """

    features: keras.Model
    pooling: keras.Model
    head: keras.Model
    classifier: keras.Model
    backbones: tuple[keras.Model, ...]
    weights: str
    mirrors: bool

    def feature_maps(self, pixels: Any) -> list[Any]:
        """Returns the feature maps [B, h, w, F] of [B, H, W, C] pixels, not as in training.

        Those of the first backbone, the finest first, then those of the next.
        """
        # Keras unpacks a list of one.
        return list(keras.tree.flatten(self.features(pixels, training=False)))

    def answer(self, pixels: Any, vectors: list[Any] | None = None) -> tuple[Any, Any]:
        """Returns pooled features [B, D] of [B, H, W, C] pixels, and probabilities [B, classes].

        Not as in training. Probabilities are over image and mirror image if the recipe wants that;
        the features are those of the image.

        Args:
            pixels: the images.
            vectors: pooled features of each view, if they are at hand.
        """
        if vectors is None:
            views = [pixels, keras.ops.flip(pixels, axis=2)] if self.mirrors else [pixels]
            vectors = [self.pooling(self.feature_maps(view)) for view in views]
        found = [keras.ops.softmax(self.head(vector, training=False)) for vector in vectors]
        return vectors[0], sum(found) / len(found)

    def last_maps(self, maps: list[Any]) -> list[Any]:
        """Returns the last feature map of each backbone, from what `feature_maps` gave."""
        levels = len(maps) // len(self.backbones)
        return maps[levels - 1 :: levels]


@keras.saving.register_keras_serializable("medtfx")
class PixelScaling(keras.layers.Layer):
    """Maps pixels 0..255 to what the backbone expects, and grey to three channels if needed.

    Args:
        mode: `tf`, `torch`, `caffe` or `none` as in `Backbone.scaling`, `unit` for 0..1, or
            `dataset`.
        mean: of the grey values of the data set, for `dataset`.
        std: likewise.
        channels: that the backbone takes.
    """

    def __init__(self, mode: str, mean: float, std: float, channels: int, **options: object):
        super().__init__(**options)
        self.mode, self.mean, self.std, self.channels = mode, mean, std, channels

    def call(self, pixels: keras.KerasTensor) -> keras.KerasTensor:
        """Scales a batch of images."""
        ops = keras.ops
        if pixels.shape[-1] == 1 and self.channels == 3:
            pixels = ops.repeat(pixels, 3, axis=-1)
        if self.mode == "tf":
            return pixels / 127.5 - 1.0
        if self.mode == "unit":
            return pixels / 255.0
        if self.mode == "dataset":
            return (pixels - self.mean) / self.std
        if self.mode == "torch":
            mean, variance = ops.array(_IMAGENET_MEAN), ops.array(_IMAGENET_VARIANCE)
            return (pixels - ops.cast(mean, pixels.dtype)) / ops.cast(
                ops.sqrt(variance), pixels.dtype
            )
        if self.mode == "caffe":
            return ops.flip(pixels, axis=-1) - ops.cast(ops.array(_CAFFE_BGR_MEAN), pixels.dtype)
        return pixels


def build_network(
    model: ModelSection, data: DataSection, pixel_mean: float = 127.5, pixel_std: float = 64.0
) -> Network:
    """Builds the classifier and loads the backbone's weights.

    Args:
        model: the network.
        data: classes, image size and colour.
        pixel_mean: of the training split, 0..255; used by `normalisation: dataset`.
        pixel_std: likewise.

    Raises:
        RecipeError: a backbone is unknown, can't take this image size or has too few levels.
        WeightsError: the weights can't be had or do not fit.
    """
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
        # Pretrained batch norms keep their statistics, also when fine-tuned: small batches ruin
        # them. None: as the model around is called.
        maps += keras.tree.flatten(
            levels(scaling(views[view]), training=False if model.pretrained else None)
        )
        backbones.append(backbone)
        sources.append(source)
    features = keras.Model(pixels, maps, name="features")
    pooling, widths = _pooling(model, maps)
    head = _head(model, widths, len(data.classes))

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
        return build_backbone(model, size, channels), "random start"
    return pretrained_backbone(model, size)


def _view(pixels: keras.KerasTensor, size: int, contrast: str) -> keras.KerasTensor:
    """Returns the view of [B, H, W, C] pixels in 0..255; so is the view."""
    if size != pixels.shape[1]:
        pixels = keras.layers.Resizing(size, size, antialias=True)(pixels)
    return LocalContrast()(pixels) if contrast == "clahe" else pixels


def _pooling(model: ModelSection, maps: list[keras.KerasTensor]) -> tuple[keras.Model, list[int]]:
    """Returns the model from feature maps to one vector, and how much of it is each backbone's."""
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
    # Thousands of standardised features with weights of chance would drown the first epochs.
    start = "zeros" if model.standardise else "glorot_uniform"
    x = layers.Dense(
        units, dtype="float32", kernel_initializer=start, kernel_regularizer=penalty, name=name
    )(x)
    # The softmax of these two is the sigmoid of the one, and both classes can be explained.
    return keras.ops.concatenate([-x / 2, x / 2], axis=-1) if model.head == "sigmoid" else x
