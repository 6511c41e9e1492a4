import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from components.imaging.preprocessing import cut_borders, decode_and_resize, pack, prepare, unpack


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


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_grey_that_is_decoded_alone_is_the_grey_of_its_colours(kind):
    """Of each level, also those that JPEG's rounding makes."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    file = encode(levels, kind)
    three = tf.image.rgb_to_grayscale(tf.io.decode_image(file, channels=3))
    out = decode_and_resize(tf.constant([file]), 16, 1, "stretch")
    np.testing.assert_array_equal(out[0], three)


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


def test_maps_over_padded_squares_are_cut_back_to_the_images():
    """A square that is lit where the image is, and has a gradient there, comes back as that."""
    wide, tall, square = (
        encode(np.zeros(shape, np.uint8)) for shape in ((20, 40), (40, 20), (30, 30))
    )
    steps = np.arange(32, dtype=np.float32)
    maps = np.zeros((3, 32, 32), np.float32)
    maps[0, 8:24] = steps[8:24, None]  # the image's rows
    maps[1, :, 8:24] = steps[8:24]
    maps[2] = steps
    cut = cut_borders(tf.constant(maps), tf.constant([wide, tall, square])).numpy()
    inside = np.linspace(31 / 4, 31 * 3 / 4, 32)[1:-1]  # its edge rows are half border
    np.testing.assert_allclose(cut[0, 1:-1], np.tile(inside[:, None], (1, 32)), atol=1e-4)
    np.testing.assert_allclose(cut[1, :, 1:-1], np.tile(inside, (32, 1)), atol=1e-4)
    np.testing.assert_allclose(cut[2], maps[2], atol=1e-5)


def test_a_spot_in_a_padded_image_is_found_at_its_place():
    """Padding an image and cutting the borders again gives the image on the grid."""
    pixels = np.zeros((30, 90), np.uint8)
    pixels[6:12, 60:75] = 255
    encoded = tf.constant([encode(pixels)])
    padded = decode_and_resize(encoded, 64, 1, "pad")[..., 0]
    cut = cut_borders(tf.cast(padded, tf.float32), encoded)[0].numpy()
    y, x = (cut > 200).nonzero()
    assert abs(y.mean() / 63 - 8.5 / 29) < 0.03 and abs(x.mean() / 63 - 67 / 89) < 0.03


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
