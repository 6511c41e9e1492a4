"""The script around GDCM, run as its callers run it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import get_frame

from components.imaging.dicom import gdcm_worker
from tests.components.imaging.dicom_files import COLUMNS, RAMP, ROWS, gdcm_encoded, make


@pytest.fixture
def ask() -> dict[str, object]:
    return {
        "path": sys.path,
        "uid": str(pydicom.uid.JPEGLosslessSV1),
        "dimensions": [COLUMNS, ROWS, 1],
        "photometric": "MONOCHROME2",
        "planar": 0,
        "format": [1, 16, 16, 15, 0],
    }


def run(frame: bytes, ask: dict[str, object]) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-S", gdcm_worker.__file__, json.dumps(ask)]
    return subprocess.run(command, input=frame, capture_output=True, check=False)


def test_pixels_come_out(ask: dict[str, object], tmp_path: Path) -> None:
    data = gdcm_encoded(make(), "JPEGLosslessProcess14_1", tmp_path)
    stored = pydicom.dcmread(io.BytesIO(data)).PixelData
    worker = run(get_frame(stored, 0, number_of_frames=1), ask)
    assert worker.returncode == 0
    pixels = np.frombuffer(worker.stdout, "<u2").reshape(ROWS, COLUMNS)
    np.testing.assert_array_equal(pixels, RAMP)


@pytest.mark.parametrize("frame", [b"", b"\xff\xd8", bytes(500)], ids=len)
def test_no_picture_ends_with_a_status(frame: bytes, ask: dict[str, object]) -> None:
    worker = run(frame, ask)
    assert worker.returncode != 0
    assert worker.stdout == b""
