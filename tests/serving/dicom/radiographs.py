"""DICOM files as an X-ray unit makes them, of a grey that the tiny model knows."""

import datetime
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    generate_uid,
)

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
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = DX, uid(study, number)
    image.StudyInstanceUID, image.SeriesInstanceUID = uid(study), uid(study, "series")
    today = datetime.date.today().strftime("%Y%m%d")
    image.StudyDate = image.SeriesDate = image.ContentDate = image.AcquisitionDate = today
    image.StudyTime = image.ContentTime = "101500"
    image.AccessionNumber = image.StudyID = f"A{study}"[:16]
    image.PatientName, image.PatientID = f"Test^{study}", f"P{study}"
    image.PatientBirthDate, image.PatientSex = "19700101", "O"
    image.ReferringPhysicianName = ""
    image.Modality, image.BodyPartExamined, image.ViewPosition = "DX", "CHEST", "PA"
    image.Manufacturer, image.ImageType = "Acme", ["ORIGINAL", "PRIMARY"]
    image.SeriesNumber, image.InstanceNumber = 1, number
    image.PatientOrientation, image.Laterality = ["L", "F"], ""
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows = image.Columns = side
    image.BitsAllocated, image.BitsStored, image.HighBit = 16, 12, 11
    image.PixelRepresentation = 0
    image.WindowCenter, image.WindowWidth = 2048, 4096
    image.PixelData = pixels.tobytes()
    for keyword, value in tags.items():
        if value is None:
            delattr(image, keyword)
        else:
            setattr(image, keyword, value)
    image.preamble, image.file_meta = bytes(128), FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
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
