"""Decode and resize in the TensorFlow graph: the one image preprocessing of the product."""

from functools import cache
from typing import Any

import tensorflow as tf

from components.imaging.resize import resize, resize_with_pad

_SIXTEEN_BITS = (
    "this PNG has 16 bits a channel; send it through the medtfx client, which converts it"
)


def prepare(encoded: tf.Tensor, size: int, channels: int, resize: str) -> tf.Tensor:
    """Decodes, resizes and packs a batch of images, as Transform materialises them.

    Args:
        encoded: [B] string, PNG or JPEG (also BMP and GIF) as `read_image` returns them.
        size: side of the square, in pixels.
        channels: 1 or 3.
        resize: `stretch`, or `pad` to keep the aspect ratio with black borders.

    Returns:
        [B] string, for `unpack`.

    Raises:
        tf.errors.InvalidArgumentError: when run on bytes that are no such image.
    """
    return _prepare(size, channels, resize)(encoded)


@cache
def _prepare(size: int, channels: int, resize: str) -> Any:
    """Returns the function, which is traced once for all graphs of a process that it is part of."""

    def one(image: tf.Tensor) -> tf.Tensor:
        image = _refuse_sixteen_bits(image)
        # Most radiographs are stored in grey: decoded and resized once, not three times alike.
        return tf.cond(
            _stored_in_grey(image),
            lambda: tf.io.serialize_tensor(_to_square(_decode(image, 1), size, resize)),
            lambda: _pack(_to_square(_in_channels(image, channels), size, resize)),
        )

    return tf.function(
        lambda images: tf.map_fn(one, images, fn_output_signature=tf.TensorSpec([], tf.string)),
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )


def decode_and_resize(encoded: tf.Tensor, size: int, channels: int, resize: str) -> tf.Tensor:
    """Returns what `prepare` packs: [B, size, size, channels] uint8."""
    return unpack(prepare(encoded, size, channels, resize), size, channels)


def _refuse_sixteen_bits(encoded: tf.Tensor) -> tf.Tensor:
    # TensorFlow would keep the high byte of 16 bits, and show a 12-bit X-ray as black.
    has_sixteen = tf.equal(tf.strings.substr(encoded, 24, 1), b"\x10")
    allowed = tf.logical_not(tf.logical_and(_starts_with(encoded, b"\x89PNG"), has_sixteen))
    with tf.control_dependencies([tf.debugging.Assert(allowed, [_SIXTEEN_BITS])]):
        return tf.identity(encoded)


def _stored_in_grey(encoded: tf.Tensor) -> tf.Tensor:
    """Returns whether a PNG or JPEG has one channel, by its header."""
    return tf.cond(
        _starts_with(encoded, b"\x89PNG"),
        lambda: tf.equal(tf.strings.substr(encoded, 25, 1), b"\x00"),  # the colour type
        lambda: tf.cond(
            _starts_with(encoded, b"\xff\xd8\xff"),
            lambda: tf.equal(tf.image.extract_jpeg_shape(encoded)[2], 1),
            lambda: tf.constant(False),
        ),
    )


def _starts_with(encoded: tf.Tensor, signature: bytes) -> tf.Tensor:
    return tf.equal(tf.strings.substr(encoded, 0, len(signature)), signature)


def _decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    image = tf.io.decode_image(encoded, channels=channels, expand_animations=False)
    return tf.ensure_shape(image, [None, None, channels])


def _in_channels(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    image = _decode(encoded, 3)
    # By way of RGB: the PNG decoder's own grey differs from the JPEG decoder's.
    return image if channels == 3 else tf.image.rgb_to_grayscale(image)


def _to_square(image: tf.Tensor, size: int, how: str) -> tf.Tensor:
    resized = resize_with_pad(image, size) if how == "pad" else resize(image, size, size)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)


def cut_borders(maps: tf.Tensor, encoded: tf.Tensor) -> tf.Tensor:
    """Cuts off what `pad` has put around each image, and stretches what is left to the same grid.

    Args:
        maps: [B, h, w] float32, over the padded squares.
        encoded: [B] string, the images as they were given to `decode_and_resize`.

    Returns:
        [B, h, w] float32, each over its image.
    """

    def border(image: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(tf.io.decode_image(image, channels=3, expand_animations=False))
        sides = tf.cast(shape[:2], tf.float32)
        return (1.0 - sides / tf.reduce_max(sides)) / 2.0  # of the square's side: top, left

    borders = tf.map_fn(border, encoded, fn_output_signature=tf.TensorSpec([2], tf.float32))
    boxes = tf.concat([borders, 1.0 - borders], -1)
    rows = tf.range(tf.shape(maps)[0])
    return tf.image.crop_and_resize(maps[..., None], boxes, rows, tf.shape(maps)[1:3])[..., 0]


def pack(images: tf.Tensor) -> tf.Tensor:
    """Turns [B, H, W, C] uint8 into [B] strings, for `unpack`."""
    return tf.map_fn(_pack, images, fn_output_signature=tf.TensorSpec([], tf.string))


def _pack(image: tf.Tensor) -> tf.Tensor:
    # Of a picture in grey one channel is kept: TFX compresses what is materialised, and spends six
    # times as long on the same values three times over.
    if image.shape[-1] == 3:
        image = tf.cond(_in_grey(image), lambda: image[..., :1], lambda: image)
    return tf.io.serialize_tensor(image)


def _in_grey(image: tf.Tensor) -> tf.Tensor:
    """Returns whether the channels of [H, W, 3] are alike."""
    # Values that follow each other in one row: many times as fast as to compare channels.
    values = tf.reshape(image, [-1])
    next_is_another_pixel = tf.tile([False, False, True], [tf.size(values) // 3])[:-1]
    return tf.reduce_all(tf.equal(values[1:], values[:-1]) | next_is_another_pixel)


def unpack(packed: tf.Tensor, size: int, channels: int) -> tf.Tensor:
    """Reverts `pack`: [B] strings to [B, size, size, channels] uint8."""
    spec = tf.TensorSpec([size, size, channels], tf.uint8)

    def one(text: tf.Tensor) -> tf.Tensor:
        return tf.broadcast_to(tf.io.parse_tensor(text, tf.uint8), spec.shape)

    return tf.map_fn(one, packed, fn_output_signature=spec)
