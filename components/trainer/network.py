"""The classifier: pixels → scaling → backbone → head → probabilities."""

from dataclasses import dataclass

import keras

from components.sections import DataSection, ModelSection
from components.trainer.backbones import SCRATCH, build_backbone, is_pretrained, scaling_of
from components.trainer.weights import pretrained_backbone

_IMAGENET_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
_IMAGENET_VARIANCE = ((0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2)
_CAFFE_BGR_MEAN = (103.939, 116.779, 123.68)


@dataclass(frozen=True)
class Network:
    """A classifier and the parts that training and explanation need.

    Attributes:
        features: [B, H, W, C] float32 in 0..255 → feature map [B, h, w, F].
        head: feature map → logits [B, classes].
        classifier: [B, H, W, C] float32 in 0..255 → probabilities [B, classes] float32.
        backbone: inside `features`; what fine-tuning unfreezes.
        weights: where the backbone's weights came from, in words.
    """

    features: keras.Model
    head: keras.Model
    classifier: keras.Model
    backbone: keras.Model
    weights: str


@keras.saving.register_keras_serializable("medtfx")
class PixelScaling(keras.layers.Layer):
    """Maps pixels 0..255 to what the backbone expects, and grey to three channels if needed.

    Args:
        mode: `tf`, `torch`, `caffe` or `none` as in `Backbone.scaling`, or `dataset`.
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
        RecipeError: the backbone is unknown or can't take this image size.
        WeightsError: the weights can't be had or do not fit.
    """
    size, channels = data.image_size, data.channels
    taken = channels if model.backbone == SCRATCH else 3
    if model.backbone == SCRATCH:
        backbone, weights = build_backbone(model, size, taken), "random start"
    else:
        backbone, weights = pretrained_backbone(model, size)
    mode = "dataset" if model.normalisation == "dataset" else scaling_of(model)

    pixels = keras.Input((size, size, channels), name="pixels")
    scaled = PixelScaling(mode, pixel_mean, pixel_std, taken, name="scaling")(pixels)
    # Pretrained batch norms keep their statistics, also when fine-tuned: small batches ruin them.
    feature_map = backbone(scaled, training=False) if is_pretrained(model) else backbone(scaled)
    features = keras.Model(pixels, feature_map, name="features")
    head = _head(model, feature_map.shape[1:], len(data.classes))

    logits = head(features(pixels))
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
    classifier = keras.Model(pixels, probabilities, name="classifier")
    return Network(features, head, classifier, backbone, weights)


def _head(model: ModelSection, shape: tuple[int, ...], classes: int) -> keras.Model:
    layers = keras.layers
    pooling = {
        "avg": layers.GlobalAveragePooling2D,
        "max": layers.GlobalMaxPooling2D,
        "flatten": layers.Flatten,
    }
    stack: list[keras.layers.Layer] = [keras.Input(shape), pooling[model.pooling]()]
    stack += [layers.Dense(units, activation="relu") for units in model.dense]
    stack += [layers.Dropout(model.dropout), layers.Dense(classes, dtype="float32", name="logits")]
    return keras.Sequential(stack, name="head")
