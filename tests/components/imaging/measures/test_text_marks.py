import pytest
from PIL import Image

from components.imaging.measures.text_marks import LINE, longest_line
from tests.components.data_audit.cohort import with_text


@pytest.mark.parametrize("text", ["DOE JANE 1961", "PORTABLE", "12.03.1988"])
def test_burned_in_text_is_a_line_of_marks(one, text):
    assert longest_line(with_text(one[1], text)) >= LINE
    negative = with_text(one[1], text).point(lambda grey: 255 - grey)
    assert longest_line(negative) >= LINE


def test_a_laterality_marker_is_not(one):
    assert longest_line(with_text(one[1], "L")) < LINE


def test_a_plain_image_has_no_marks():
    assert longest_line(Image.new("L", (64, 64), 90)) == 0
