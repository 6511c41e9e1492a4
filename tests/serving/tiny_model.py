"""A tiny model in medtfx's contract, and images for it."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from components.saved_model.manifest import write_manifest


def png(level: int, side: int = 16) -> bytes:
    """Returns a PNG of one grey."""
    file = io.BytesIO()
    Image.fromarray(np.full((side, side), level, np.uint8)).save(file, "PNG")
    return file.getvalue()


def stranger(side: int = 16) -> bytes:
    """Returns a PNG of black and white stripes, which the tiny model calls out of distribution."""
    file = io.BytesIO()
    Image.fromarray(np.tile(np.array([0, 255], np.uint8), (side, side // 2))).save(file, "PNG")
    return file.getvalue()


def save_tiny_model(folder: Path, embeds: bool = True) -> None:
    """Saves a model that calls an image 'bright' with the mean of its pixels, 'dark' with the rest.

    It has a manifest, as a pushed version. An image of many greys is out of distribution. Also
    `slow` (int32 steps, about 0.1 ms each) and `double` (float[?], no images).
    """
    import tensorflow as tf

    images = tf.TensorSpec([None], tf.string, name="image_bytes")
    module = tf.Module()
    module.scale = tf.Variable(1 / 255)

    def decode(encoded):
        image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
        return tf.image.resize(tf.cast(image, tf.float32), (16, 16))

    def answer(image_bytes):
        pixels = tf.map_fn(decode, image_bytes, fn_output_signature=tf.float32)
        pixels = tf.ensure_shape(pixels, [None, 16, 16, 3])
        bright = tf.reduce_mean(pixels, [1, 2, 3]) * module.scale
        probabilities = tf.stack([1 - bright, bright], -1)
        names = tf.constant(["dark", "bright"])
        out_of_distribution = tf.math.reduce_std(pixels, [1, 2, 3]) > 60
        return pixels, {
            "probabilities": probabilities,
            "label": tf.gather(names, tf.argmax(probabilities, -1)),
            "labels": tf.tile(names[None], [tf.shape(probabilities)[0], 1]),
            "uncertain": (tf.reduce_max(probabilities, -1) < 0.6) | out_of_distribution,
            "out_of_distribution": out_of_distribution,
        }

    @tf.function(input_signature=[images])
    def serving_default(image_bytes):
        return answer(image_bytes)[1]

    def place(pixels):
        return {
            "embedding": tf.reshape(pixels[:, ::4, ::8, :1], [-1, 8]) @ tf.ones([8, 32]),
            "out_of_distribution_score": tf.math.reduce_std(pixels, [1, 2, 3]) - 60,
        }

    @tf.function(input_signature=[images])
    def explain(image_bytes):
        pixels, answers = answer(image_bytes)
        heatmap = {"heatmap": pixels[:, ::4, ::4, 0] * module.scale}
        return answers | heatmap | (place(pixels) if embeds else {})

    @tf.function(input_signature=[images])
    def embed(image_bytes):
        pixels, answers = answer(image_bytes)
        return answers | place(pixels)

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32, name="steps")])
    def slow(steps):
        value = tf.ones([64, 64])
        for _ in tf.range(steps):
            value = tf.nn.softmax(value @ value)
        return {"value": tf.reduce_sum(value)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def double(x):
        return {"y": 2 * x}

    signatures = {
        "serving_default": serving_default,
        "explain": explain,
        "embed": embed,
        "slow": slow,
        "double": double,
    }
    if not embeds:  # as an earlier medtfx
        del signatures["embed"]
    tf.saved_model.save(module, str(folder), signatures=signatures)
    write_manifest(folder)
