import io

import numpy as np
import pytest
from PIL import Image

from components.imaging.images import read_image
from components.imaging.measures.image_record import describe, measure
from tests.components.data_audit.cohort import encode, example, picture_of, png

# Four rectangles of one grey value each.
GREY = Image.fromarray(np.repeat(np.array([[0, 255], [100, 200]], np.uint8), 40, 0).repeat(30, 1))


def test_the_measures_of_an_image():
    found = picture_of(png(GREY), metadata={"sex": "F", "age": 61})
    assert (found.width, found.height, found.format, found.colour) == (60, 80, "PNG", False)
    assert found.mean == pytest.approx((0 + 255 + 100 + 200) / 4) and found.extremes == 0.5
    assert (found.hash.shape, found.thumbnail.shape) == ((64,), (32, 32, 3))
    assert found.metadata == {"sex": "F", "age": 61}
    assert (found.text_marks, found.annotations) == (0, ())


def test_the_same_pixels_have_the_same_digest_in_any_mode():
    rgb = picture_of(png(GREY.convert("RGB")))
    assert rgb.colour and rgb.digest == picture_of(png(GREY)).digest
    assert rgb.digest != picture_of(png(GREY.transpose(Image.Transpose.TRANSPOSE))).digest


def test_a_name_that_is_no_text_is_kept():
    values = example(png(GREY), "x", "COVID", "p") | {"filename": b"COVID/\xed.png"}
    assert describe(values, "train", measure(GREY)).filename == "COVID/\udced.png"


def test_a_text_that_is_a_number_is_an_error():
    values = example(png(GREY), "x", "COVID", "p") | {"label": 3}
    with pytest.raises(TypeError, match="Expected bytes"):
        describe(values, "train", measure(GREY))


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_measures_of_the_picture_are_those_of_the_stored_bytes(mode, kind):
    """Reading an image hands its pixels over; whoever opens the stored bytes sees the same."""
    pixels = np.random.default_rng(1).integers(0, 256, (9, 11, 3), np.uint8)
    picture = Image.fromarray(pixels).resize((300, 200), Image.Resampling.BICUBIC).convert(mode)
    read = read_image(encode(picture, kind))
    opened = Image.open(io.BytesIO(read.encoded))
    rgb = np.asarray(opened.convert("RGB"))
    np.testing.assert_array_equal(np.asarray(read.picture.convert("RGB")), rgb)
    small = opened.convert("RGB").resize((32, 32), Image.Resampling.BOX)
    np.testing.assert_array_equal(measure(read.picture).thumbnail, np.asarray(small))
