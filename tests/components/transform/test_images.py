import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from components.transform.images import decode_and_resize, pack, prepare, unpack


def encode(pixels: np.ndarray, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def colour_ramp() -> np.ndarray:
    """40 x 60 RGB, smooth, each channel another direction."""
    y, x = np.mgrid[0:40, 0:60]
    return np.stack([y * 6, x * 4, (x + y) * 2], -1).astype(np.uint8)


def test_same_size_is_left_alone(colour_ramp):
    square = colour_ramp[:, :40]
    out = decode_and_resize(tf.constant([encode(square)]), 40, 3, "stretch")
    np.testing.assert_array_equal(out[0], square)


def test_grey_is_the_same_from_png_and_from_jpeg(colour_ramp):
    """TensorFlow's PNG decoder weighs the channels otherwise than its JPEG decoder."""
    png = encode(colour_ramp)
    jpeg = encode(colour_ramp, "JPEG", quality=100, subsampling=0)
    out = decode_and_resize(tf.constant([png, jpeg]), 32, 1, "stretch").numpy().astype(int)
    assert np.abs(out[0] - out[1]).max() <= 3


def test_grey_is_rec_601_luma(colour_ramp):
    out = decode_and_resize(tf.constant([encode(colour_ramp[:, :40])]), 40, 1, "stretch")
    expected = colour_ramp[:, :40] @ np.array([0.2989, 0.587, 0.114])
    assert np.abs(out[0, ..., 0].numpy() - expected).max() <= 1


def test_shrinking_is_antialiased():
    checkerboard = np.indices((64, 64)).sum(0).astype(np.uint8) % 2 * 255
    out = decode_and_resize(tf.constant([encode(checkerboard)]), 16, 1, "stretch")
    # Without antialiasing the samples would be black or white.
    assert np.abs(out.numpy().astype(int) - 127).max() < 30


def test_padding_keeps_the_aspect_ratio():
    wide = np.full((20, 40), 200, np.uint8)
    out = decode_and_resize(tf.constant([encode(wide)]), 32, 1, "pad")[0, ..., 0].numpy()
    assert (out[8:24] == 200).all()
    assert (out[:7] == 0).all() and (out[25:] == 0).all()


def test_one_channel_files_become_rgb():
    out = decode_and_resize(tf.constant([encode(np.full((20, 20), 9, np.uint8))]), 16, 3, "stretch")
    assert out.shape == (1, 16, 16, 3) and (out.numpy() == 9).all()


def test_sixteen_bits_are_refused_rather_than_shown_black():
    twelve_bit = np.full((20, 20), 2_000, np.uint16)
    with pytest.raises(tf.errors.InvalidArgumentError, match="16 bits"):
        decode_and_resize(tf.constant([encode(twelve_bit)]), 16, 1, "stretch")


def test_junk_is_an_invalid_argument():
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode_and_resize(tf.constant([b"not an image at all"]), 16, 1, "stretch")


def test_unpack_reverts_pack():
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    np.testing.assert_array_equal(unpack(pack(tf.constant(images)), 16, 3), images)


def test_a_picture_in_grey_is_kept_once(colour_ramp):
    """However it is stored: in one channel, or in three alike; next to one in colour."""
    grey = colour_ramp[..., 0]
    stored = [
        encode(grey),
        encode(np.stack([grey] * 3, -1)),
        encode(grey, "JPEG"),
        encode(colour_ramp),
    ]
    once, alike, jpeg, colour = prepare(tf.constant(stored), 16, 3, "stretch").numpy()
    assert once == alike and len(jpeg) == len(once) < len(colour) / 2
    np.testing.assert_array_equal(pack(unpack(tf.constant([once, colour]), 16, 3)), [once, colour])


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("resize", ["stretch", "pad"])
def test_grey_resized_once_is_what_it_is_in_three_channels(kind, resize):
    noise = np.random.default_rng(1).integers(0, 256, (40, 60), np.uint8)
    stored = encode(noise, kind)
    out = decode_and_resize(tf.constant([stored]), 32, 3, resize)[0]
    image = tf.cast(tf.io.decode_image(stored, channels=3), tf.float32)
    if resize == "stretch":
        expected = tf.image.resize(image, [32, 32], antialias=True)
    else:
        expected = tf.image.resize_with_pad(image, 32, 32, antialias=True)
    np.testing.assert_array_equal(out, tf.round(expected))


def test_one_pixel_in_colour_makes_a_picture_in_colour():
    images = np.full((2, 16, 16, 3), 80, np.uint8)
    images[1, 3, 4] = 80, 80, 81
    packed = pack(tf.constant(images))
    assert len(packed[0].numpy()) < len(packed[1].numpy())
    np.testing.assert_array_equal(unpack(packed, 16, 3), images)
