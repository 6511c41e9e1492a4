"""Windows, computed by hand from PS3.3 C.11.2.1.2 and C.11.2.1.3 for an output of 0..255."""

import numpy as np
import pytest

from components.imaging.dicom.window import apply_window
from components.imaging.images import read_image
from tests.components.imaging.dicom_files import FULL, RAMP, item, make, shown
from tests.components.imaging.pictures import pixels_of, refused


@pytest.mark.parametrize(
    ("function", "center", "width", "expected"),
    [
        # C.11.2.1.2.1: ((x - (c - 0.5)) / (w - 1) + 0.5) * 255, so that 0..4095 is 0..255
        ("LINEAR", 2048, 4096, {-1: 0, 0: 0, 1365: 85, 2730: 170, 4095: 255, 4096: 255}),
        ("LINEAR", 0, 1, {-1: 0, -0.5: 0, -0.4: 255, 0: 255}),  # x <= c - 0.5: the lowest value
        ("LINEAR", 0, 2, {-1: 0, -0.8: 51, -0.2: 204, 0: 255}),
        ("LINEAR", 0, 100, {-50: 0, 49: 255}),
        # C.11.2.1.3.2: ((x - c) / w + 0.5) * 255
        ("LINEAR_EXACT", 0.2, 0.4, {0: 0, 0.1: 64, 0.3: 191, 0.4: 255, 9: 255}),
        ("LINEAR_EXACT", 0, 100, {-50: 0, 10: 153, 50: 255}),
        # C.11.2.1.3.1: 255 / (1 + exp(-4 (x - c) / w)); 1 / (1 + e**-2) = 0.8808
        ("SIGMOID", 0, 100, {50: 225, -50: 30, 1e9: 255, -1e9: 0}),
    ],
)
def test_by_hand(function: str, center: float, width: float, expected: dict[float, int]) -> None:
    values = np.array(list(expected), np.float64)
    assert apply_window(values, center, width, function).tolist() == list(expected.values())


def test_linear_of_width_below_1_is_exact_and_noted() -> None:
    tags = {"RescaleSlope": "1e-4", "RescaleIntercept": 0, "WindowCenter": 0.2, "WindowWidth": 0.4}
    image = read_image(make(**tags))
    expected = np.clip(np.rint(RAMP * 1e-4 / 0.4 * 255), 0, 255)
    np.testing.assert_allclose(pixels_of(image), expected, atol=1)  # halves fall either way
    assert len(np.unique(pixels_of(image))) > 90
    assert "read as LINEAR_EXACT" in image.notes[0]


@pytest.mark.parametrize(
    ("window", "note"),
    [
        ({"WindowCenter": 2048}, "without Window Width"),
        ({"WindowWidth": 2048}, "without Window Center"),
        ({"WindowCenter": 2048, "WindowWidth": 0}, "not above 0"),
        ({"WindowCenter": 60_000, "WindowWidth": 100}, "single grey"),
    ],
)
def test_a_window_that_is_left_out_is_noted(window: dict[str, int], note: str) -> None:
    image = read_image(make(**window))
    assert note in image.notes[0]
    np.testing.assert_array_equal(pixels_of(image), shown())


def test_centers_and_widths_have_to_be_as_many() -> None:  # C.11.2.1.2
    error = refused(make(WindowCenter=[40, 600], WindowWidth=[400]))
    assert "2 values" in error.detail
    assert "has 1" in error.detail


def test_another_function_is_unsupported() -> None:
    error = refused(make(**FULL, VOILUTFunction="LOG"))
    assert error.reason == "unsupported"
    assert "'LOG'" in error.detail
    assert read_image(make(**FULL, VOILUTFunction="linear ")).notes == ()


def test_the_window_of_a_frame() -> None:
    group = item(FrameVOILUTSequence=item(WindowCenter=[40, 2048], WindowWidth=[400, 4096]))
    first = shown(WindowCenter=40, WindowWidth=400)
    np.testing.assert_array_equal(shown(SharedFunctionalGroupsSequence=group), first)
