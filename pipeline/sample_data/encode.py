"""Grey values to file bytes, in formats that hospitals send.

Nothing here depends on the time or on chance: the same picture gives the same bytes.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from .cohort import Film
from .radiograph import Array

# A 12-bit detector leaves room at both ends; the window says which part to show.
DARKEST, SPAN, MAXIMUM = 400, 2999, 4095


def encode(image: Array, film: Film, seed: int) -> bytes:
    """Write `image` in the format of `film`.

    Args:
        image: float64 [H, W] in 0..1, 1 is white.
        film: Its format gives bit depth and container; DICOM holds its patient's data too.
        seed: Of the data set; DICOM identifiers are derived from it.

    Returns:
        The content of the file.
    """
    if film.format.startswith("dicom"):
        return encode_dicom(image, film, seed)
    deep = film.format == "png-16"
    levels = np.rint(image * (65535 if deep else 255)).astype(np.uint16 if deep else np.uint8)
    picture = Image.fromarray(levels)
    if film.format == "png-rgb":
        picture = picture.convert("RGB")
    stream = io.BytesIO()
    if film.format == "jpeg":
        picture.save(stream, "JPEG", quality=92)
    else:
        picture.save(stream, "PNG")
    return stream.getvalue()


def encode_dicom(image: Array | None, film: Film, seed: int) -> bytes:
    """Write a Computed Radiography object (DICOM PS3.3 A.2), explicit VR, little endian.

    Args:
        image: float64 [H, W] in 0..1, 1 is white; None leaves the pixel data out, which breaks the
            file.
        film: "dicom-inverted" is stored as MONOCHROME1, everything else as MONOCHROME2.
        seed: Identifiers are derived from it.
    """
    dataset = _header(film, seed)
    if image is not None:
        _add_pixels(dataset, image, inverted=film.format == "dicom-inverted")
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _header(film: Film, seed: int) -> Dataset:
    """Everything but the pixels. Dates stay empty: a date would say when the file was made."""
    patient = film.patient
    name = [str(seed), patient.id, str(film.index)]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[*name, "instance"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[*name, "series"])
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=[*name, "study"])
    dataset.StudyDate = dataset.StudyTime = dataset.StudyID = dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = dataset.PatientBirthDate = dataset.Manufacturer = ""
    dataset.Modality, dataset.BodyPartExamined, dataset.ViewPosition = "CR", "CHEST", film.view
    dataset.InstitutionName = patient.site
    dataset.PatientID, dataset.PatientName = patient.id, f"Phantom^{patient.id}"
    dataset.PatientSex, dataset.PatientAge = patient.sex, f"{patient.age:03d}Y"
    dataset.SeriesNumber, dataset.InstanceNumber = 1, film.index
    return dataset


def _add_pixels(dataset: Dataset, image: Array, *, inverted: bool) -> None:
    """Store `image` as 12 bits in 16, with the window that shows all of it."""
    raw, centre = DARKEST + np.rint(image * SPAN), DARKEST + (SPAN + 1) // 2
    if inverted:
        raw, centre = MAXIMUM - raw, MAXIMUM - centre + 1
    dataset.Rows, dataset.Columns = image.shape
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.WindowCenter, dataset.WindowWidth = centre, SPAN + 1
    dataset.PixelData = raw.astype("<u2").tobytes()
