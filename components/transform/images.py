"""Decode and resize in the TensorFlow graph: the one image preprocessing of the product."""

import tensorflow as tf

_SIXTEEN_BITS = (
    "this PNG has 16 bits a channel; send it through the medtfx client, which converts it"
)


def decode_and_resize(encoded: tf.Tensor, size: int, channels: int, resize: str) -> tf.Tensor:
    """Decodes and resizes a batch of images.

    Args:
        encoded: [B] string, PNG or JPEG (also BMP and GIF) as `read_image` returns them.
        size: side of the square, in pixels.
        channels: 1 or 3.
        resize: `stretch`, or `pad` to keep the aspect ratio with black borders.

    Returns:
        [B, size, size, channels] uint8.

    Raises:
        tf.errors.InvalidArgumentError: when run on bytes that are no such image.
    """

    def one(image: tf.Tensor) -> tf.Tensor:
        return _resize(_decode(image, channels), size, channels, resize)

    spec = tf.TensorSpec([size, size, channels], tf.uint8)
    return tf.map_fn(one, encoded, fn_output_signature=spec)


def _decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    # TensorFlow would keep the high byte of 16 bits, and show a 12-bit X-ray as black.
    is_png = tf.equal(tf.strings.substr(encoded, 0, 4), b"\x89PNG")
    has_sixteen = tf.equal(tf.strings.substr(encoded, 24, 1), b"\x10")
    allowed = tf.logical_not(tf.logical_and(is_png, has_sixteen))
    with tf.control_dependencies([tf.debugging.Assert(allowed, [_SIXTEEN_BITS])]):
        encoded = tf.identity(encoded)
    # Always by way of RGB: the PNG decoder's own grey differs from the JPEG decoder's.
    image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    image = tf.ensure_shape(image, [None, None, 3])
    return tf.image.rgb_to_grayscale(image) if channels == 1 else image


def _resize(image: tf.Tensor, size: int, channels: int, resize: str) -> tf.Tensor:
    if resize == "pad":
        image = tf.cast(image, tf.float32)
        image = tf.image.resize_with_pad(image, size, size, method="bilinear", antialias=True)
    else:
        image = tf.image.resize(image, [size, size], method="bilinear", antialias=True)
    image = tf.cast(tf.clip_by_value(tf.round(image), 0.0, 255.0), tf.uint8)
    return tf.ensure_shape(image, [size, size, channels])


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
    """Turns [B, H, W, C] uint8 into [B] strings, as Transform materialises them."""
    return tf.map_fn(
        tf.io.serialize_tensor, images, fn_output_signature=tf.TensorSpec([], tf.string)
    )


def unpack(packed: tf.Tensor, size: int, channels: int) -> tf.Tensor:
    """Reverts `pack`: [B] strings to [B, size, size, channels] uint8."""
    spec = tf.TensorSpec([size, size, channels], tf.uint8)

    def one(text: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.io.parse_tensor(text, tf.uint8), spec.shape)

    return tf.map_fn(one, packed, fn_output_signature=spec)
