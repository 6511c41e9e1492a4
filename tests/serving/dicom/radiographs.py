"""DICOM files as an X-ray unit makes them, of a grey that the tiny model knows."""

import datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    generate_uid,
)

from tests.serving.dicom.images import chest_image

CR, DX = ComputedRadiographyImageStorage, DigitalXRayImageStorageForPresentation


def radiograph(study: str, number: int = 1, grey: float = 0.2, side: int = 32, **tags) -> Dataset:
    """Returns a 12-bit chest radiograph.

    Args:
        study: what its UIDs are made of.
        number: in the study.
        grey: of all pixels but four, in 0..1: the tiny model calls it bright with about this
            probability.
        side: in pixels.
        tags: keyword → value, beside or instead of the usual ones; None leaves one out.
    """
    pixels = np.full((side, side), round(4095 * grey), np.uint16)
    pixels[0, :2], pixels[1, :2] = 0, 4095
    own: dict[str, Any] = {
        "SOPInstanceUID": uid(study, number), "StudyInstanceUID": uid(study),
        "SeriesInstanceUID": uid(study, "series"), "AccessionNumber": f"A{study}"[:16],
        "PatientName": f"Test^{study}", "PatientID": f"P{study}",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "StudyDate": datetime.date.today().strftime("%Y%m%d"), "Laterality": "",
        "Rows": side, "Columns": side, "PixelData": pixels.tobytes(),
    }  # fmt: skip
    image = chest_image(number, **own | tags)
    image.preamble = bytes(128)
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    return image


def write_radiograph(folder: Path, study: str, number: int = 1, **options) -> Path:
    """Writes `radiograph` to a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{study}-{number}.dcm"
    radiograph(study, number, **options).save_as(file, enforce_file_format=True)
    return file


def uid(*parts: object) -> str:
    """Returns the same UID for the same parts."""
    return generate_uid(entropy_srcs=[str(part) for part in parts])
