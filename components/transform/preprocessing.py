"""The `preprocessing_fn` of TFX's Transform node."""

from typing import Any

import tensorflow as tf

from components.imaging.preprocessing import prepare
from components.recipe.data import DataSection

# What it reads of an Example.
FEATURES = {
    "image": tf.io.FixedLenFeature([1], tf.string),
    "label_index": tf.io.FixedLenFeature([1], tf.int64),
    "filename": tf.io.FixedLenFeature([1], tf.string),
}
# Of the whole train split, the same in every transformed Example.
STATISTICS = ("pixel_mean", "pixel_std")


def preprocessing_fn(
    inputs: dict[str, tf.Tensor], custom_config: dict[str, Any]
) -> dict[str, tf.Tensor]:
    """Maps raw to transformed features.

    Args:
        inputs: at least those of `FEATURES`: `image` [B, 1] string, `label_index` [B, 1] int64,
            `filename` [B, 1] string.
        custom_config: `data`, the recipe's section as plain values; `pixel_mean` and `pixel_std`,
            of all grey values of the train split, in 0..255.

    Returns:
        `image`: [B] string, the packed [size, size, channels] uint8 pixels;
        `label_index`: [B] int64;
        `filename`: [B] string;
        `pixel_mean`, `pixel_std`: [B] float32, as given.
    """
    data = DataSection.model_validate(custom_config["data"])
    encoded = tf.reshape(inputs["image"], [-1])
    return {
        "image": prepare(encoded, data.image_size, data.channels, data.resize),
        "label_index": tf.reshape(inputs["label_index"], [-1]),
        "filename": tf.reshape(inputs["filename"], [-1]),
        **{
            name: tf.fill(tf.shape(encoded), tf.constant(custom_config[name], tf.float32))
            for name in STATISTICS
        },
    }
