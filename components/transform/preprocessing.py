"""The `preprocessing_fn` of TFX's Transform node."""

from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from components.imaging.preprocessing import prepare
from components.recipe.data import DataSection


def preprocessing_fn(
    inputs: dict[str, tf.Tensor], custom_config: dict[str, Any]
) -> dict[str, tf.Tensor]:
    """Maps raw to transformed features.

    Args:
        inputs: by the schema; `image` [B, 1] string, `mean` and `std` [B, 1] float32 (grey values
            0..255), `label_index` [B, 1] int64, `filename` [B, 1] string.
        custom_config: `data`, the recipe's section as plain values.

    Returns:
        `image`: [B] string, the packed [size, size, channels] uint8 pixels;
        `label_index`: [B] int64;
        `filename`: [B] string;
        `pixel_mean`, `pixel_std`: [B] float32, of all grey values of the train split, in 0..255.
    """
    data = DataSection.model_validate(custom_config["data"])
    encoded = tf.reshape(inputs["image"], [-1])
    mean, std = _pixel_statistics(inputs)
    return {
        "image": prepare(encoded, data.image_size, data.channels, data.resize),
        "label_index": tf.reshape(inputs["label_index"], [-1]),
        "filename": tf.reshape(inputs["filename"], [-1]),
        "pixel_mean": tf.fill(tf.shape(encoded), mean),
        "pixel_std": tf.fill(tf.shape(encoded), std),
    }


def _pixel_statistics(inputs: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    # From the moments of each image, which ExampleGen computed: an analyzer over the pixels would
    # decode every image a second time.
    mean = tf.reshape(inputs["mean"], [-1])
    std = tf.reshape(inputs["std"], [-1])
    overall = tft.mean(mean)
    square = tft.mean(tf.square(std) + tf.square(mean))
    return overall, tf.sqrt(tf.maximum(square - tf.square(overall), 1.0))
