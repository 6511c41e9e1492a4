"""TFT's features layer, whose real graph takes half a minute to build."""

from collections.abc import Callable

import tensorflow as tf

from components.imaging.preprocessing import decode_and_resize, pack
from components.recipe.data import DataSection


class TransformStandIn(tf.Module):
    """Does what the layer does; with `change`, something else besides."""

    def __init__(self, data: DataSection, change: Callable[[tf.Tensor], tf.Tensor] | None = None):
        super().__init__()
        self._data, self._change = data, change

    def __call__(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        encoded, data = tf.reshape(features["image"], [-1]), self._data
        pixels = decode_and_resize(encoded, data.image_size, data.channels, data.resize)
        return {"image": pack(self._change(pixels) if self._change else pixels)}
