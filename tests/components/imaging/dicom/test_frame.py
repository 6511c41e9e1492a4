"""The first frame out of every transfer syntax."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom import uid
from pydicom.encaps import encapsulate

from components.imaging.dicom import frame as dicom_frame
from components.imaging.images import read_image
from tests.components.imaging.dicom_files import (
    COLUMNS,
    EXPECTED,
    FULL,
    RAMP,
    RGB,
    gdcm_encoded,
    j2k,
    jpeg,
    make,
    shown,
)
from tests.components.imaging.pictures import pixels_of, refused


def test_first_frame_of_several() -> None:
    frames = np.stack([RAMP, RAMP[::-1], RAMP // 2])
    np.testing.assert_array_equal(shown(frames, NumberOfFrames=3, **FULL), EXPECTED)


@pytest.mark.parametrize(
    "syntax",
    [
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.DeflatedExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
    ],
    ids=lambda syntax: syntax.keyword,
)
def test_uncompressed_syntaxes(syntax: uid.UID) -> None:
    np.testing.assert_array_equal(shown(RAMP, syntax, **FULL), EXPECTED)
    np.testing.assert_array_equal(shown(RGB, syntax), RGB)


def rle(pixels: np.ndarray) -> bytes:
    """High bytes, then low bytes, in literal runs."""
    segments = []
    for plane in (pixels >> 8, pixels & 255):
        rows = plane.astype(np.uint8)
        segments.append(b"".join(bytes([COLUMNS - 1]) + row.tobytes() for row in rows))
    return struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13) + b"".join(segments)


def test_rle_and_jpeg_2000_are_exact() -> None:
    packed = shown(RAMP, uid.RLELossless, PixelData=encapsulate([rle(RAMP)]), **FULL)
    np.testing.assert_array_equal(packed, EXPECTED)
    data = encapsulate([j2k(RAMP)])
    np.testing.assert_array_equal(
        shown(RAMP, uid.JPEG2000Lossless, PixelData=data, **FULL), EXPECTED
    )
    data = encapsulate([j2k(RGB)])
    colour = {"PixelData": data, "PhotometricInterpretation": "YBR_RCT"}
    np.testing.assert_array_equal(shown(RGB, uid.JPEG2000Lossless, **colour), RGB)


def test_jpeg_baseline() -> None:
    data = encapsulate([jpeg(RGB)])
    colour = {"PixelData": data, "PhotometricInterpretation": "YBR_FULL"}
    np.testing.assert_allclose(shown(RGB, uid.JPEGBaseline8Bit, **colour), RGB, atol=6)


@pytest.mark.parametrize(
    "process", ["JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless"]
)
@pytest.mark.parametrize(
    "pixels", [RAMP, (RAMP - 2000).astype(np.int16), RGB], ids=["unsigned", "signed", "rgb"]
)
def test_lossless_jpeg_is_exact(pixels: np.ndarray, process: str, tmp_path: Path) -> None:
    window = {} if pixels.ndim == 3 else FULL
    plain = make(pixels, **window)
    compressed = gdcm_encoded(plain, process, tmp_path)
    np.testing.assert_array_equal(pixels_of(read_image(compressed)), pixels_of(read_image(plain)))


@pytest.mark.parametrize(
    "crash", ["import os; os.abort()", "raise SystemExit(3)", "import time; time.sleep(60)"]
)
def test_gdcm_can_not_take_the_process_down(
    crash: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = gdcm_encoded(make(**FULL), "JPEGLosslessProcess14_1", tmp_path)
    worker = tmp_path / "worker.py"
    worker.write_text(crash)
    monkeypatch.setattr(dicom_frame, "_GDCM_WORKER", worker)
    monkeypatch.setattr(dicom_frame, "_GDCM_SECONDS", 0.5)
    assert refused(data).reason == "corrupt"


def test_without_gdcm_the_way_out_is_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = gdcm_encoded(make(**FULL), "JPEGLosslessProcess14_1", tmp_path)
    bare = [folder for folder in sys.path if "-packages" not in folder]
    monkeypatch.setattr(sys, "path", bare)
    error = refused(data)
    assert error.reason == "unsupported"
    assert "pip install python-gdcm" in error.detail
