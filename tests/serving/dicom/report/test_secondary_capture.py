import numpy as np
import pytest

from tests.serving.dicom.images import COLUMNS, ROWS, chest_image


@pytest.fixture
def capture(report):
    return lambda **tags: report(**tags)[1]


def test_the_image_stays_free_and_reddens_under_the_heatmap(capture):
    pixels = capture().pixel_array[:ROWS, :COLUMNS].astype(int)
    assert pixels.shape == (ROWS, COLUMNS, 3)
    red = pixels[..., 0] - pixels[..., 2]
    assert red[20:28, 30:44].min() > 60  # rows 16 to 32, columns 24 to 48 are the bright region
    assert np.abs(red[45:, :15]).max() <= 2


def test_a_caption_stands_below(capture):
    assert capture().pixel_array[ROWS:].max() > 200
    assert capture().Rows > ROWS


def test_it_names_its_source(capture):
    [source] = capture().SourceImageSequence
    assert source.ReferencedSOPInstanceUID == chest_image(1).SOPInstanceUID


@pytest.mark.parametrize("value", ["YES", "NO", None])
def test_burned_in_annotations_are_those_of_the_image(capture, value):
    assert capture(BurnedInAnnotation=value).get("BurnedInAnnotation") == value


def test_a_large_image_is_made_smaller(capture):
    found = capture(Rows=1500, Columns=1200, PixelData=bytes(1500 * 1200 * 2))
    assert found.Columns <= 1024 and found.Rows < 1200
