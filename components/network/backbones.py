"""The backbones by name: networks of keras.applications, and a small CNN to train from scratch."""

from dataclasses import dataclass
from difflib import get_close_matches

import keras

from components.recipe.model import SCRATCH, ModelSection
from components.runtime.errors import RecipeError


@dataclass(frozen=True)
class Backbone:
    """A network of keras.applications.

    Attributes:
        builder: name of the function in keras.applications.
        scaling: range of pixels that the pretrained weights need: `tf` -1..1, `torch` ImageNet's
            mean and standard deviation, `caffe` BGR minus ImageNet's mean, `none` 0..255.
        native: input size, in pixels, at which the weights were trained.
        has_alpha: whether it has a width multiplier.
        local_name: start of the name of weights files in the folder MEDTFX_WEIGHTS.
    """

    builder: str
    scaling: str
    native: int = 224
    has_alpha: bool = False
    local_name: str = ""


BACKBONES: dict[str, Backbone] = {
    "mobilenet": Backbone("MobileNet", "tf", has_alpha=True, local_name="mobilenet_v1"),
    "mobilenet_v2": Backbone("MobileNetV2", "tf", has_alpha=True),
    "mobilenet_v3_small": Backbone("MobileNetV3Small", "none", has_alpha=True),
    "mobilenet_v3_large": Backbone("MobileNetV3Large", "none", has_alpha=True),
    "densenet121": Backbone("DenseNet121", "torch"),
    "densenet169": Backbone("DenseNet169", "torch"),
    "densenet201": Backbone("DenseNet201", "torch"),
    **{f"efficientnet_b{i}": Backbone(f"EfficientNetB{i}", "none") for i in range(8)},
    "efficientnet_v2_b0": Backbone("EfficientNetV2B0", "none"),
    "efficientnet_v2_s": Backbone("EfficientNetV2S", "none"),
    "inception_v3": Backbone("InceptionV3", "tf", 299),
    "inception_resnet_v2": Backbone("InceptionResNetV2", "tf", 299),
    "xception": Backbone("Xception", "tf", 299),
    "resnet50": Backbone("ResNet50", "caffe"),
    "resnet101": Backbone("ResNet101", "caffe"),
    "resnet50_v2": Backbone("ResNet50V2", "tf"),
    "vgg16": Backbone("VGG16", "caffe"),
    "vgg19": Backbone("VGG19", "caffe"),
    "nasnet_mobile": Backbone("NASNetMobile", "tf"),
    "convnext_tiny": Backbone("ConvNeXtTiny", "none"),
}


def find_backbone(name: str) -> Backbone:
    """Returns a backbone by its name.

    Raises:
        RecipeError: there is no backbone of that name.
    """
    if name in BACKBONES:
        return BACKBONES[name]
    close = get_close_matches(name, [*BACKBONES, SCRATCH], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise RecipeError(
        f"model.backbone {name!r} is not known.{hint} Known: {SCRATCH}, {', '.join(BACKBONES)}."
    )


def build_backbone(
    model: ModelSection, size: int, channels: int, weights: str | None = None
) -> keras.Model:
    """Builds the network without its top.

    Args:
        model: the section of one backbone.
        size: side of the input, in pixels.
        channels: channels of the input; networks of keras.applications always take 3.
        weights: None for random weights, `imagenet` to let keras.applications download.

    Returns:
        A model from scaled pixels [B, size, size, C] float32 to a feature map [B, h, w, F].

    Raises:
        RecipeError: the name is unknown, or the network can't take this size.
    """
    if model.backbone == SCRATCH:
        return _scratch_cnn(model, size, channels)
    known = find_backbone(str(model.backbone))
    options = {"alpha": model.alpha} if known.has_alpha else {}
    if known.builder.startswith(("MobileNetV3", "EfficientNetV2", "ConvNeXt")):
        options["include_preprocessing"] = True
    try:
        return getattr(keras.applications, known.builder)(
            include_top=False, weights=weights, input_shape=(size, size, 3), **options
        )
    except ValueError as error:
        raise RecipeError(f"model.backbone {model.backbone!r}: {error}") from None


def scaling_of(model: ModelSection) -> str:
    """Returns the pixel scaling of one backbone, as `PixelScaling` takes it."""
    if model.normalisation != "backbone":
        return model.normalisation
    return "tf" if model.backbone == SCRATCH else find_backbone(str(model.backbone)).scaling


def _scratch_cnn(model: ModelSection, size: int, channels: int) -> keras.Model:
    layers = keras.layers
    lost = 2 if model.padding == "valid" else 0
    left = size
    inputs = keras.Input((size, size, channels))
    x = inputs
    for count in model.filters:
        left = (left - lost) // 2
        if left < 1:
            raise RecipeError(
                f"model.filters has {len(model.filters)} blocks, each of which halves the image: "
                f"{size} pixels are too few. Use fewer blocks or a larger data.image_size."
            )
        x = layers.Conv2D(count, 3, padding=model.padding, use_bias=not model.batch_norm)(x)
        if model.batch_norm:
            # With Keras's momentum of 0.99 the statistics for evaluation need hundreds of steps; an
            # epoch of a small data set has ten.
            x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        if model.block_dropout:
            x = layers.Dropout(model.block_dropout)(x)
        x = layers.MaxPooling2D()(x)
    return keras.Model(inputs, x, name=SCRATCH)
