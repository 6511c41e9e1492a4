"""Layouts that contradict themselves are refused, and both sides are named."""

import numpy as np
import pytest
from pydicom import uid
from pydicom.encaps import encapsulate

from components.imaging.images import read_image
from tests.components.imaging.dicom_files import EXPECTED, FULL, RAMP, RGB, j2k, jpeg, make, shown
from tests.components.imaging.pictures import pixels_of, refused

CONTRADICTIONS = {
    "rgb_one_sample": (lambda: make(RAMP, PhotometricInterpretation="RGB"), "RGB has 3", "is 1"),
    "grey_three_samples": (
        lambda: make(RGB, PhotometricInterpretation="MONOCHROME2"), "MONOCHROME2 has 1", "is 3",
    ),
    "stored_above_allocated": (lambda: make(BitsStored=17, HighBit=16), "is 17", "is 16"),
    "high_bit_below_stored": (lambda: make(BitsStored=12, HighBit=7), "High Bit", "12 bits stored"),
    "high_bit_above_allocated": (lambda: make(HighBit=16), "High Bit", "16 allocated"),
    "signed_colours": (lambda: make(RGB, PixelRepresentation=1), "(signed)", "colours"),
    "representation_2": (lambda: make(PixelRepresentation=2), "Pixel Representation", "not 0 or 1"),
    "planar_2": (lambda: make(RGB, PlanarConfiguration=2), "Planar Configuration", "not 0 or 1"),
    "no_frame": (lambda: make(NumberOfFrames=0), "Number of Frames", "is 0"),
    "more_bytes": (lambda: make(np.stack([RAMP, RAMP])), "are 768 bytes", "has 1536"),
    "columns_too_few": (lambda: make(Columns=23), "23 columns", "has 768"),
    "more_frames": (
        lambda: make(RGB, uid.JPEGBaseline8Bit, PixelData=encapsulate([jpeg(RGB)] * 2)),
        "Number of Frames (0028,0008) is 1", "holds 2",
    ),
    "jpeg_2000_colours_elsewhere": (
        lambda: make(RGB, PhotometricInterpretation="YBR_RCT"), "of JPEG 2000", "is not",
    ),
    "frame_with_colours": (
        lambda: make(RAMP, uid.JPEG2000Lossless, PixelData=encapsulate([j2k(RGB)])),
        "(16, 24, 1)", "(16, 24, 3)",
    ),
    "frame_with_more_bits": (
        lambda: make(RGB[..., 0], uid.JPEG2000Lossless, PixelData=encapsulate([j2k(RAMP)])),
        "8 of 8 bits", "16 bits",
    ),
    "no_jpeg_at_all": (
        lambda: make(RGB, uid.JPEGBaseline8Bit, PixelData=encapsulate([b"no JPEG"])),
        "JPEG Baseline", "starts with",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_refused_and_both_sides_are_named(name: str) -> None:
    build, *sides = CONTRADICTIONS[name]
    error = refused(build())
    assert error.reason == "corrupt"
    for side in sides:
        assert side in error.detail


def test_too_few_bytes_are_truncated() -> None:
    assert refused(make(NumberOfFrames=3)).reason == "truncated"
    assert refused(make(RAMP[:-1])).reason == "truncated"


@pytest.mark.parametrize("bits", [12, 24, 128])
def test_other_bits_allocated_are_unsupported(bits: int) -> None:
    assert refused(make(BitsAllocated=bits, BitsStored=8, HighBit=7)).reason == "unsupported"


@pytest.mark.parametrize(
    "keyword", ["Rows", "SamplesPerPixel", "BitsStored", "PixelRepresentation"]
)
def test_what_every_image_needs_is_named_when_it_is_missing(keyword: str) -> None:
    assert "is missing" in refused(make(**{keyword: None})).detail


def test_bits_at_the_high_end_of_a_compressed_value_are_unsupported() -> None:
    data = encapsulate([j2k(RAMP)])
    error = refused(make(RAMP, uid.JPEG2000Lossless, PixelData=data, BitsStored=12))
    assert error.reason == "unsupported"
    assert "High Bit" in error.detail


def test_a_few_bytes_of_filling_are_no_contradiction() -> None:
    data = make(**FULL, PixelData=RAMP.astype("<u2").tobytes() + bytes(16))
    np.testing.assert_array_equal(pixels_of(read_image(data)), EXPECTED)


@pytest.mark.parametrize("dtype", ["u2", "i2"])
def test_bits_stored_at_the_high_end_are_shifted(dtype: str) -> None:  # PS3.5 8.1.1
    values = RAMP.astype(dtype) - (2000 if dtype == "i2" else 0)
    layout = {"BitsStored": 12, "HighBit": 15}
    window = {"WindowCenter": 48, "WindowWidth": 4096} if dtype == "i2" else FULL
    np.testing.assert_array_equal(shown((values << 4).astype(dtype), **layout, **window), EXPECTED)
    overlay = 0x8000  # a bit above the value
    marked = ((values.astype(int) << 2) & 0x3FFF | overlay).astype("u2").view(dtype)
    middle = {"BitsStored": 12, "HighBit": 13}
    np.testing.assert_array_equal(shown(marked, **middle, **window), EXPECTED)
