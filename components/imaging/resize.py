"""Bilinear resizing with antialiasing, equal to TensorFlow's to the bit, in half its time.

`tf.image.resize` goes through an image pixel by pixel. A row that is one pixel with many channels
is combined at once, with the vector instructions of the processor. So each direction is resized as
rows of that kind, in the order in which TensorFlow takes the two.
"""

import tensorflow as tf


def resize(image: tf.Tensor, height: tf.Tensor | int, width: tf.Tensor | int) -> tf.Tensor:
    """Returns `tf.image.resize(image, [height, width], antialias=True)`.

    Args:
        image: [H, W, C], uint8 or float32; C is known.
        height: of the result, in pixels.
        width: of the result, in pixels.

    Returns:
        [height, width, C] float32.
    """
    shape, channels = tf.shape(image), image.shape[-1]
    flat = tf.reshape(image, [shape[0], shape[1] * channels])
    low = tf.reshape(_rows(flat, height), [height, shape[1], channels])
    turned = tf.reshape(tf.transpose(low, [1, 0, 2]), [shape[1], height * channels])
    turned = tf.reshape(_rows(turned, width), [width, height, channels])
    return tf.transpose(turned, [1, 0, 2])


def resize_with_pad(image: tf.Tensor, size: int) -> tf.Tensor:
    """Returns `tf.image.resize_with_pad(image, size, size, antialias=True)`.

    Args:
        image: [H, W, C], uint8 or float32; C is known.
        size: side of the square, in pixels.

    Returns:
        [size, size, C] float32: the image in the middle of black borders.
    """
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    inner = sides / tf.reduce_max(sides / size)
    border = tf.cast(tf.floor((size - inner) / 2), tf.int32)
    height, width = tf.unstack(tf.cast(tf.floor(inner), tf.int32))
    resized = resize(image, height, width)
    padded = tf.image.pad_to_bounding_box(resized, border[0], border[1], size, size)
    return tf.ensure_shape(padded, [size, size, image.shape[-1]])


def _rows(values: tf.Tensor, count: tf.Tensor | int) -> tf.Tensor:
    """Resizes [H, N] to [count, N] float32."""
    scale = tf.cast(count, tf.float32) / tf.cast(tf.shape(values)[0], tf.float32)
    resized = tf.raw_ops.ScaleAndTranslate(
        images=values[None, :, None, :],
        size=[count, 1],
        scale=[scale, 1.0],
        translation=[0.0, 0.0],
        kernel_type="triangle",
        antialias=True,
    )
    return resized[0, :, 0, :]
