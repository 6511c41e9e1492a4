"""Images that stand out, each kind planted once; and text in the pixels."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from components.data_audit.checks import quality
from components.data_audit.checks.quality import median
from tests.components.data_audit.cohort import picture_of, png

STRANGE = {
    "blank": lambda image: Image.new("L", image.size, 17),
    "saturated": lambda image: image.point(lambda grey: 255 if grey > 110 else 0),
    "tiny": lambda image: image.resize((16, 16)),
    "elongated": lambda image: image.resize((400, 96)),
    "unlike its class": ImageOps.invert,
}


@pytest.fixture
def outliers(gathered):
    """Returns a function from pictures to the finding."""
    return lambda pictures: quality.outliers(gathered(pictures).remarks["outliers"])


@pytest.fixture
def burned_in_text(gathered):
    """Returns a function from pictures to the finding."""
    return lambda pictures: quality.burned_in_text(gathered(pictures).remarks["burned_in_text"])


def test_a_clean_set_has_none(clean, outliers, burned_in_text):
    assert not outliers(clean).cases
    assert not burned_in_text(clean).cases


@pytest.mark.parametrize("values", [[7], [3, 9], [1, 1, 5], [4, 2, 2, 8, 8, 9]])
def test_the_median_is_that_of_numpy(values):
    assert median(Counter(values)) == np.median(values)


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_image_is_found_for_what_it_is(clean, one, kind, outliers):
    result = outliers([*clean, picture_of(png(STRANGE[kind](one[1])))])
    (case,) = result.cases
    assert case.files == ("COVID/added.png",)
    assert case.reason.startswith(kind)
    assert result.sentence == f"1 image stands out: 1 {kind}"


def test_a_class_without_a_layout_has_no_inverted_images(outliers):
    """Tissue looks the same any way round."""
    rng = np.random.default_rng(0)
    tissue = [
        picture_of(png(Image.fromarray(rng.integers(0, 255, (32, 32), np.uint8))), f"T/{n}.png")
        for n in range(20)
    ]
    assert not outliers(tissue).cases


def test_images_with_a_line_of_marks_are_suspected_of_text_the_longest_first(one, burned_in_text):
    pictures = [replace(one[0], filename=str(marks), text_marks=marks) for marks in (4, 5, 9)]
    found = burned_in_text(pictures)
    assert [case.files for case in found.cases] == [("9",), ("5",)]
    assert found.sentence == "2 images may hold text in the pixels"
