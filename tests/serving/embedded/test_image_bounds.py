import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from serving.embedded.image_bounds import ImageBounds, decoded_pixels
from serving.embedded.status_error import StatusError


def encoded(kind, width=20, height=10, **options):
    buffer = io.BytesIO()
    Image.new("L", (width, height)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_pixels_by_the_header(kind):
    assert decoded_pixels(encoded(kind)) == 200


def test_a_progressive_jpeg_counts_as_it_is_until_it_has_too_many_scans():
    whole = encoded("JPEG", progressive=True)
    assert decoded_pixels(whole) == 200
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    assert decoded_pixels(whole[:-2] + 100 * scan + whole[-2:]) >= 2000


def test_all_frames_of_a_gif_count():
    noise = np.random.default_rng(0).integers(0, 256, (3, 10, 20), np.uint8)
    frames = [Image.fromarray(frame) for frame in noise]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert decoded_pixels(buffer.getvalue()) == 4 * 200  # with the screen


def test_a_gif_with_a_large_frame_on_a_small_screen():
    image = encoded("GIF", 1, 1)
    position = image.index(b",")
    large = image[: position + 5] + struct.pack("<HH", 60_000, 60_000) + image[position + 9 :]
    assert decoded_pixels(large) > 3_000_000_000


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF"])
def test_what_is_cut_off_is_left_to_the_decoder(kind):
    image = encoded(kind)
    for end in range(len(image)):
        assert decoded_pixels(image[:end]) <= 2 * 200
    assert decoded_pixels(b"junk") == decoded_pixels(b"") == 0


BOUNDS = ImageBounds(images=6, pixels=200)


def strings(*values):
    return np.array(values, object)


def test_within_the_bounds():
    assert BOUNDS.check({"image_bytes": strings(*[encoded("PNG", 5)] * 4)}) == 200
    assert BOUNDS.check({"image_bytes": strings(*[b"junk"] * 6), "x": np.zeros(1000)}) == 0
    BOUNDS.check_number(6)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ([encoded("PNG", 21)], "at most 200 pixels together to decode, not 210"),
        ([encoded("PNG", 5)] * 5, "at most 200 pixels together to decode, not 250"),
        ([encoded("WEBP", 1, 1)], "not WebP"),
        ([b"\xff\x0a\xff"], "not WebP or JPEG XL"),
    ],
)
def test_beyond_the_bounds(images, says):
    with pytest.raises(StatusError, match=says) as refused:
        BOUNDS.check({"image_bytes": strings(*images)})
    assert refused.value.code.name == "INVALID_ARGUMENT"


def test_more_strings_than_images():
    with pytest.raises(StatusError, match="at most 6 images, not 7") as refused:
        BOUNDS.check_number(7)
    assert refused.value.code.name == "INVALID_ARGUMENT"


def test_images_within_examples():
    feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded("PNG", 21)]))
    example = tf.train.Example(features=tf.train.Features(feature={"image": feature}))
    with pytest.raises(StatusError, match="not 210"):
        BOUNDS.check({"examples": strings(example.SerializeToString())})
    BOUNDS.check({"examples": strings(b"junk")})
