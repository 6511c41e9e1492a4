"""The classifier: pixels → views → scaling → backbones → pooling → head → probabilities.

A view is the image at the size and with the contrast that a backbone takes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import keras

from components.network.backbones import build_backbone, scaling_of
from components.network.contrast import LocalContrast
from components.network.folding import fold_batch_norm
from components.network.half_precision import round_to_float16
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
        features: pixels [B, H, W, C] float32 in 0..255 → feature maps, see `feature_maps`. Members
            that share a backbone go through it as one batch.
        pooling: list of feature maps → pooled features [B, D] float32.
        head: pooled features → logits [B, classes] float32.
        classifier: pixels → probabilities [B, classes] float32, without test-time augmentation.
        backbones: the backbones in `features`, which fine-tuning unfreezes.
        weights: where the weights of the backbones come from, in words.
        flip_tta: whether predictions are averaged over the image and its mirror image.
        levels: number of feature maps of each member.
        float16: whether the file of the model holds the weights of the backbones in float16.
    """

    features: keras.Model
    pooling: keras.Model
    head: keras.Model
    classifier: keras.Model
    backbones: tuple[keras.Model, ...]
    weights: str
    flip_tta: bool
    levels: int
    float16: bool

    def feature_maps(self, pixels: Any) -> list[Any]:
        """Computes the feature maps in inference mode: no dropout, fixed batch statistics.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.

        Returns:
            Maps [B, h, w, F]: `model.levels` of each member, the finest first, member by member.
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
            vectors = self.of_each_view(self.pooling(self.feature_maps(self.views(pixels))))
        found = [keras.ops.softmax(self.head(vector, training=False)) for vector in vectors]
        return vectors[0], sum(found) / len(found)

    def views(self, pixels: Any) -> Any:
        """Returns [B, H, W, C], with `flip_tta` followed by the mirror images: [2B, H, W, C]."""
        if not self.flip_tta:
            return pixels
        return keras.ops.concatenate([pixels, keras.ops.flip(pixels, axis=2)])

    def of_each_view(self, values: Any) -> list[Any]:
        """Splits what was computed of `views`: one tensor [B, ...] for each view."""
        return list(keras.ops.split(values, 2)) if self.flip_tta else [values]

    def for_prediction(self) -> "Network":
        """Returns a network of the same outputs, up to rounding, that predicts faster.

        With `float16` its backbones have the rounded weights that the file of the model will hold.
        """
        features = fold_batch_norm(self.features)
        if self.float16:
            round_to_float16(features)
        classifier = _classifier(features, self.pooling, self.head)
        return replace(self, features=features, classifier=classifier)

    def last_maps(self, maps: list[Any]) -> list[Any]:
        """Returns the last feature map of each member, out of those of `feature_maps`."""
        return maps[self.levels - 1 :: self.levels]


def build_network(
    model: ModelSection,
    data: DataSection,
    pixel_mean: float = 127.5,
    pixel_std: float = 64.0,
    frozen: bool = False,
) -> Network:
    """Builds the classifier and loads the backbone's weights.

    Args:
        model: the recipe's section: the architecture.
        data: the recipe's section: classes, image size and colour.
        pixel_mean: mean grey value of the train split in 0..255, for `normalisation: dataset`.
        pixel_std: standard deviation of its grey values, likewise.
        frozen: whether training changes the head alone. Members then share the backbone that they
            have in common, and pretrained backbones are folded, see `fold_batch_norm`.

    Returns:
        The network, with the backbones' weights loaded and a random head.

    Raises:
        RecipeError: a backbone is unknown, can't take this image size or has too few levels.
        WeightsError: the weights can't be loaded or do not fit.
    """
    # === Backbones ===
    shared = frozen and model.pretrained
    pixels = keras.Input((data.image_size, data.image_size, data.channels), name="pixels")
    view = cache(partial(_view, pixels))
    backbones, sources = [], []
    maps: dict[int, list[keras.KerasTensor]] = {}  # place of the member → its levels
    for places in _members_by_backbone(model, shared):
        network = model.networks[places[0]]
        size = network.size or data.image_size
        backbone, source = _backbone(network, size, data.channels)
        scaling = PixelScaling(scaling_of(network), pixel_mean, pixel_std, backbone.input_shape[-1])
        levels = with_levels(backbone, model.levels, name=f"backbone_{places[0]}")
        contrasts = {place: model.networks[place].contrast for place in places}
        seen = {contrast: view(size, contrast) for contrast in contrasts.values()}
        # Pretrained batch normalisation keeps its statistics, also in fine-tuning: those of small
        # batches are too noisy. None: as the enclosing model is called.
        training = False if model.pretrained else None
        together = keras.tree.flatten(levels(scaling(_one_batch(seen.values())), training=training))
        found = dict(zip(seen, _of_each(together, len(seen)), strict=True))
        maps |= {place: found[contrast] for place, contrast in contrasts.items()}
        backbones.append(backbone)
        sources.append(source)
    in_order = [one for place in sorted(maps) for one in maps[place]]
    features = keras.Model(pixels, in_order, name="features")

    # === Pooling and head ===
    pooling, widths = _pooling(model, in_order)
    head = _head(model, widths, len(data.classes))

    built = Network(
        features,
        pooling,
        head,
        _classifier(features, pooling, head),
        tuple(backbones),
        ", ".join(sources),
        model.flip_tta,
        model.levels,
        model.stored_weights == "float16",
    )
    return built.for_prediction() if shared else built


def _classifier(features: keras.Model, pooling: keras.Model, head: keras.Model) -> keras.Model:
    pixels = keras.Input(features.input_shape[1:], name="pixels")
    logits = head(pooling(features(pixels)))
    probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(pixels, probabilities, name="classifier")


def _members_by_backbone(model: ModelSection, shared: bool) -> list[list[int]]:
    """Returns the places of the members, those that share a backbone together."""
    found: dict[object, list[int]] = {}
    for place, network in enumerate(model.networks):
        key = network.model_copy(update={"contrast": "as_is"}) if shared else place
        found.setdefault(key, []).append(place)
    return list(found.values())


def _one_batch(views: Iterable[keras.KerasTensor]) -> keras.KerasTensor:
    first, *others = views
    return keras.ops.concatenate([first, *others]) if others else first


def _of_each(maps: list[keras.KerasTensor], count: int) -> list[list[keras.KerasTensor]]:
    """Splits the maps of `count` views in one batch; returns the maps of each view."""
    if count == 1:
        return [maps]
    split = [keras.ops.split(one, count) for one in maps]
    return [list(of_view) for of_view in zip(*split, strict=True)]


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
