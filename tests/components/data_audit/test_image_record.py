import numpy as np
import pytest
from PIL import Image

from components.data_audit.image_record import measure
from tests.components.data_audit.cohort import example, picture_of, png

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
    assert measure(values, "train").filename == "COVID/\udced.png"


def test_an_example_without_an_image_is_an_error():
    values = example(png(GREY), "x", "COVID", "p") | {"image": 3}
    with pytest.raises(TypeError, match="Expected bytes"):
        measure(values, "train")
