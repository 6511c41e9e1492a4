"""Chest X-rays as a modality makes them, of 64 x 48 pixels, for the rooms that speak DICOM."""

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

ROWS, COLUMNS = 64, 48


def chest_image(number: int = 1, study: str = "1.2.826.0.1.1", **tags: object) -> Dataset:
    """A digital X-ray; `tags` are keywords and win, None removes one."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    attributes = {
        "SpecificCharacterSet": "ISO_IR 100",
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": f"{study}.1.{number}",
        "StudyInstanceUID": study,
        "SeriesInstanceUID": f"{study}.1",
        "Modality": "DX",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PatientName": "Müller^Jörg",
        "PatientID": "4711",
        "PatientBirthDate": "19500203",
        "PatientSex": "M",
        "PatientAge": "076Y",
        "StudyDate": "20260301",
        "StudyTime": "101112",
        "AccessionNumber": "A-1",
        "StudyID": "7",
        "ReferringPhysicianName": "Ärztin^Eva",
        "InstanceNumber": number,
        "SeriesNumber": 1,
        "PatientOrientation": ["L", "F"],
        "PixelSpacing": [0.2, 0.2],
        "Rows": ROWS,
        "Columns": COLUMNS,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "WindowCenter": "2048",
        "WindowWidth": "4096",
        "PixelData": (np.arange(ROWS * COLUMNS, dtype="<u2") % 4096).tobytes(),
        **tags,
    }
    for keyword, value in attributes.items():
        if value is not None:
            setattr(image, keyword, value)
    return image


def written(image: Dataset, path: Path) -> Path:
    """Writes a DICOM file."""
    path.write_bytes(encoded(image))
    return path


def encoded(image: Dataset) -> bytes:
    """The bytes of a DICOM file."""
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    buffer = io.BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dciodvfy_errors(file: Path) -> list[str]:
    """The errors that an independent validator finds; skips the test where it is missing."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("Debian's dicom3tools, with dciodvfy, is not installed")
    run = subprocess.run([program, file], capture_output=True, text=True, timeout=60)
    lines = (run.stdout + run.stderr).splitlines()
    assert lines, "dciodvfy said nothing"
    return [line for line in lines if line.startswith(("Error", "E:"))]
