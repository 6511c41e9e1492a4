"""Stored values to what a viewer shows: window, rescale, tables, colours."""

import numpy as np
import pytest
from PIL import Image

from components.imaging.grey import stretch
from components.imaging.images import read_image
from tests.components.imaging.dicom_files import (
    COLUMNS,
    EXPECTED,
    FULL,
    RAMP,
    RGB,
    ROWS,
    X,
    item,
    linear,
    lut,
    make,
    shown,
)
from tests.components.imaging.pictures import pixels_of, refused

# === Window and rescale ===


def test_window() -> None:
    np.testing.assert_array_equal(shown(**FULL), EXPECTED)
    narrow = shown(WindowCenter=1000, WindowWidth=500)
    np.testing.assert_array_equal(narrow, linear(RAMP.astype(float), 1000, 500))
    assert (narrow.min(), narrow.max()) == (0, 255)


def test_first_of_several_windows() -> None:
    several = shown(WindowCenter=[2048, 40], WindowWidth=[4096, 400])
    np.testing.assert_array_equal(several, EXPECTED)


def test_linear_exact() -> None:
    exact = shown(WindowCenter=2000, WindowWidth=4000, VOILUTFunction="LINEAR_EXACT")
    np.testing.assert_array_equal(exact, np.rint(RAMP / 4000 * 255))


def test_sigmoid() -> None:
    curve = shown(WindowCenter=2000, WindowWidth=1000, VOILUTFunction="SIGMOID")
    expected = 255 / (1 + np.exp(-4 * (RAMP.astype(float) - 2000) / 1000))
    np.testing.assert_array_equal(curve, np.rint(expected))


def test_window_of_width_one_is_a_threshold() -> None:
    threshold = shown(WindowCenter=2000, WindowWidth=1)
    np.testing.assert_array_equal(threshold, (RAMP >= 2000) * 255)


def test_rescale_comes_before_the_window() -> None:
    stored = (RAMP // 2).astype(np.uint16)
    units = shown(stored, RescaleSlope=2, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
    np.testing.assert_array_equal(units, linear(stored * 2.0 - 1024, 40, 400))


def test_an_empty_rescale_is_none_and_noted() -> None:
    image = read_image(make(**FULL, RescaleSlope="", RescaleIntercept=""))
    np.testing.assert_array_equal(pixels_of(image), EXPECTED)
    assert image.notes == (
        "Rescale Slope (0028,1053) is empty, and was read as 1",
        "Rescale Intercept (0028,1052) is empty, and was read as 0",
    )


@pytest.mark.parametrize("slope", [0, "0.0", "-0"])
def test_a_slope_of_0_leaves_no_picture(slope: object) -> None:
    assert "Rescale Slope (0028,1053) is 0" in refused(make(**FULL, RescaleSlope=slope)).detail


@pytest.mark.parametrize("slope", [1e-4, 1e-12])
def test_a_tiny_slope_keeps_all_levels(slope: float) -> None:
    tags = {"RescaleSlope": str(slope), "RescaleIntercept": 1000}
    tags |= {"WindowCenter": 1000 + 2000 * slope, "WindowWidth": 4000 * slope}
    if slope == 1e-4:  # of 1e-12 the decimal string of the window has too few digits
        exact = np.rint(np.clip(RAMP / 4000, 0, 1) * 255)
        np.testing.assert_allclose(shown(**tags, VOILUTFunction="LINEAR_EXACT"), exact, atol=1)
    without = {"RescaleSlope": str(slope), "RescaleIntercept": 0}
    np.testing.assert_array_equal(shown(**without), shown())


@pytest.mark.parametrize(("value", "limit"), [(0, 10), (10, 0), (None, 10)])
def test_padding_of_a_range(value: int | None, limit: int) -> None:  # PS3.3 C.7.5.1.1.2
    padded = RAMP + 1000
    padded[:, :6] = np.arange(6) * 2
    tags = {"PixelPaddingRangeLimit": limit}
    if value is not None:
        tags["PixelPaddingValue"] = value
    found = shown(padded.astype(np.uint16), **tags)
    assert bool(found[0, 6] == 0) is (value is not None)


def test_padding_in_twos_complement() -> None:
    padded = RAMP.astype(np.int16)
    padded[:, :6] = -2000
    data = make(padded, PixelPaddingValue=-2000)
    place = data.index(b"\x28\x00\x20\x01SS\x02\x00")
    as_unsigned = data[: place + 4] + b"US" + data[place + 6 :]
    np.testing.assert_array_equal(pixels_of(read_image(as_unsigned)), pixels_of(read_image(data)))
    assert pixels_of(read_image(data))[0, 6] == 0


def test_signed_values() -> None:
    stored = (RAMP.astype(np.int16) - 1024).astype(np.int16)
    signed = shown(stored, WindowCenter=40, WindowWidth=400)
    np.testing.assert_array_equal(signed, linear(stored.astype(float), 40, 400))


def test_monochrome1_is_inverted() -> None:
    inverted = shown(**FULL, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(inverted, 255 - EXPECTED)
    plain, turned = shown(), shown(PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(turned, 255 - plain)


def test_overlay_in_the_unused_bits_is_ignored() -> None:
    marked = (RAMP | ((X == 5) << 15)).astype(np.uint16)
    np.testing.assert_array_equal(shown(marked, BitsStored=12, HighBit=11, **FULL), EXPECTED)


@pytest.mark.parametrize(
    "window",
    [
        {},
        {"WindowCenter": 2048},
        {"WindowCenter": 2048, "WindowWidth": 0},
        {"WindowCenter": 2048, "WindowWidth": -5},
        {"WindowCenter": "", "WindowWidth": ""},
        {"WindowCenter": 60_000, "WindowWidth": 100},  # beside the data: all black
        {"WindowCenter": -60_000, "WindowWidth": 100},  # all white
    ],
    ids=str,
)
def test_without_a_usable_window_the_values_are_stretched(window: dict[str, object]) -> None:
    np.testing.assert_array_equal(shown(**window), stretch(RAMP))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32])
def test_bit_depths(dtype: type) -> None:
    info = np.iinfo(dtype)
    stored = (RAMP / 4000 * (info.max - info.min) + info.min).astype(dtype)
    np.testing.assert_allclose(shown(stored), shown(), atol=3)


def test_padding_does_not_set_the_range() -> None:
    padded = RAMP.astype(np.int16)
    padded[:, :6] = -2000
    inside = shown(padded, PixelPaddingValue=-2000)
    assert (inside[:, :6] == 0).all()
    assert inside[0, 6] == 0
    assert shown(padded)[0, 6] > 80


def test_constant_frame_is_black_and_no_error() -> None:
    assert shown(np.full((ROWS, COLUMNS), 7, np.uint16)).max() == 0


def test_float_pixels() -> None:
    values = RAMP.astype(np.float32) / 1000 - 2
    keywords = {"FloatPixelData": values.tobytes(), "PixelData": None, "PixelRepresentation": None}
    np.testing.assert_array_equal(shown(BitsAllocated=32, **keywords), stretch(values))
    values[3, 3] = np.nan
    keywords["FloatPixelData"] = values.tobytes()
    for window in ({}, FULL):
        assert refused(make(BitsAllocated=32, **keywords, **window)).reason == "corrupt"


# === Tables ===


@pytest.mark.parametrize("vr", ["US", "OW"])
def test_voi_lut_wins_over_the_window(vr: str) -> None:
    table = lut(0, [4095 - value for value in range(4096)], bits=12, vr=vr)
    expected = np.rint((4095 - RAMP.astype(float)) / 4095 * 255)
    np.testing.assert_array_equal(shown(**FULL, VOILUTSequence=table), expected)


def test_voi_lut_outside_of_its_range() -> None:
    table = shown(VOILUTSequence=lut(1000, [0, 100, 200]))
    expected = np.select([RAMP <= 1000, RAMP == 1001], [0, 128], default=255)
    np.testing.assert_array_equal(table, expected)


def test_voi_lut_of_signed_values() -> None:
    stored = (RAMP.astype(np.int16) - 1024).astype(np.int16)
    table = shown(stored, VOILUTSequence=lut(-2, [0, 85, 170, 255]))
    np.testing.assert_array_equal(table, np.clip(stored.astype(int) + 2, 0, 3) * 85)


def test_modality_lut() -> None:
    table = lut(0, [2 * value for value in range(4096)])
    np.testing.assert_array_equal(
        shown(ModalityLUTSequence=table, WindowCenter=1000, WindowWidth=500),
        linear(RAMP * 2.0, 1000, 500),
    )


@pytest.mark.parametrize(
    "groups", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
)
def test_enhanced_files_keep_window_and_rescale_by_frame(groups: str) -> None:
    group = item(
        PixelValueTransformationSequence=item(RescaleSlope=2, RescaleIntercept=-1024),
        FrameVOILUTSequence=item(WindowCenter=40, WindowWidth=400),
    )
    np.testing.assert_array_equal(shown(**{groups: group}), linear(RAMP * 2.0 - 1024, 40, 400))


def test_an_item_with_one_of_two_attributes_is_not_passed_over() -> None:
    group = item(
        PixelValueTransformationSequence=item(RescaleSlope="", RescaleIntercept=-1024),
        FrameVOILUTSequence=item(WindowCenter=40, WindowWidth=400),
    )
    image = read_image(make(PerFrameFunctionalGroupsSequence=group))
    np.testing.assert_array_equal(pixels_of(image), linear(RAMP * 1.0 - 1024, 40, 400))
    assert image.notes == ("Rescale Slope (0028,1053) is empty, and was read as 1",)

    width_alone = item(FrameVOILUTSequence=item(WindowCenter="", WindowWidth=400))
    notes = read_image(make(PerFrameFunctionalGroupsSequence=width_alone)).notes
    assert notes == (
        "Window Width (0028,1051) is without Window Center (0028,1050), and was left out",
    )


@pytest.mark.parametrize(
    "tags", [{"RescaleIntercept": "1e300"}, {"RescaleSlope": "1e-30", "RescaleIntercept": "7"}]
)
def test_a_rescale_that_makes_all_values_alike_is_refused(tags: dict[str, str]) -> None:
    error = refused(make(**FULL, **({"RescaleSlope": "1"} | tags)))
    assert error.reason == "corrupt"
    assert "make all values alike" in error.detail


# === Colours ===


def test_rgb() -> None:
    np.testing.assert_array_equal(shown(RGB), RGB)
    by_plane = np.ascontiguousarray(RGB.transpose(2, 0, 1)).tobytes()
    np.testing.assert_array_equal(shown(RGB, PlanarConfiguration=1, PixelData=by_plane), RGB)
    deep = RGB.astype(np.uint16)
    np.testing.assert_array_equal(shown(deep * 256 + 200), RGB)
    np.testing.assert_array_equal(shown(deep * 16 + 9, BitsStored=12, HighBit=11), RGB)


def test_ybr() -> None:
    ybr = np.asarray(Image.fromarray(RGB).convert("YCbCr"))
    full = shown(ybr, PhotometricInterpretation="YBR_FULL").astype(int)
    np.testing.assert_allclose(full, RGB, atol=3)
    grey = np.stack([RGB[..., 0]] * 3, -1)
    y = grey[..., 0].reshape(-1, 2)
    half = np.stack([y[:, 0], y[:, 1], np.full(len(y), 128), np.full(len(y), 128)], -1)
    data = half.astype(np.uint8).tobytes()
    half_shown = shown(grey, PhotometricInterpretation="YBR_FULL_422", PixelData=data)
    np.testing.assert_array_equal(half_shown, grey)


@pytest.mark.parametrize(("bits", "scale"), [(8, 1), (16, 257), (16, 1)])  # the last: a common slip
def test_palette(bits: int, scale: int) -> None:
    tables = {}
    for name, entries in (("Red", range(256)), ("Green", range(255, -1, -1)), ("Blue", [9] * 256)):
        stem = f"{name}PaletteColorLookupTable"
        tables[f"{stem}Descriptor"] = [256, 0, bits]
        data = np.array([value * scale for value in entries], "<u2" if bits == 16 else "u1")
        tables[f"{stem}Data"] = data.tobytes()
    index = (RAMP // 16).astype(np.uint8)
    coloured = shown(index, PhotometricInterpretation="PALETTE COLOR", **tables)
    expected = np.stack([index, 255 - index, np.full_like(index, 9)], -1)
    np.testing.assert_array_equal(coloured, expected)
