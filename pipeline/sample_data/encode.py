"""Grey values to file bytes, in the formats hospitals send.

Nothing here depends on the clock or on chance: the same picture gives the same bytes.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from .cohort import Film
from .shapes import Array

ORIENTATION = 0x0112
ROTATE_CLOCKWISE_TO_VIEW = 6

# A 12-bit detector leaves room at both ends; the window says which part to show.
DARKEST, SPAN, MAXIMUM = 400, 2999, 4095


def encode(image: Array, film: Film, seed: int) -> bytes:
    """Write `image` in the format of `film`.

    Args:
        image: float64 [H, W] in 0..1, 1 is white.
        film: Its format chooses bit depth and container; DICOM carries its patient's data too.
        seed: Of the data set; DICOM identifiers are derived from it.

    Returns:
        The content of the file.
    """
    if film.format.startswith("dicom"):
        return encode_dicom(image, film, seed)
    if film.format == "png-16":
        return _save(Image.fromarray(_levels(image, 65535).astype(np.uint16)), "PNG")
    grey = Image.fromarray(_levels(image, 255).astype(np.uint8))
    if film.format == "png-rgb":
        return _save(grey.convert("RGB"), "PNG")
    if film.format == "bmp":
        return _save(grey, "BMP")
    if film.format == "jpeg":
        return _jpeg(grey, rotated=film.quirk == "rotated")
    return _save(grey, "PNG")


def encode_dicom(image: Array | None, film: Film, seed: int) -> bytes:
    """Write a Computed Radiography object (explicit VR, little endian).

    Args:
        image: float64 [H, W] in 0..1, 1 is white; None leaves the pixel data out, which breaks the
            file.
        film: "dicom" stores 12 bits in 16 with a window, "dicom-inverted" the same as MONOCHROME1,
            "dicom-8" 8 bits without a window.
        seed: Identifiers are derived from it.
    """
    dataset = _header(film, seed)
    if image is not None:
        _add_pixels(dataset, image, film.format)
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _levels(image: Array, maximum: int) -> Array:
    """Scale 0..1 to whole numbers 0..`maximum`."""
    return np.rint(image * maximum)


def _save(image: Image.Image, container: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, container)
    return stream.getvalue()


def _jpeg(grey: Image.Image, *, rotated: bool) -> bytes:
    """Write a JPEG; a rotated one lies on its side and asks the viewer to turn it clockwise."""
    exif = Image.Exif()
    if rotated:
        grey = grey.transpose(Image.Transpose.ROTATE_90)
        exif[ORIENTATION] = ROTATE_CLOCKWISE_TO_VIEW
    stream = io.BytesIO()
    grey.save(stream, "JPEG", quality=92, exif=exif)
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


def _add_pixels(dataset: Dataset, image: Array, kind: str) -> None:
    """Store `image` with the tags that say how to show it."""
    dataset.Rows, dataset.Columns = image.shape
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if kind == "dicom-8":
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        pixels = _levels(image, 255).astype(np.uint8).tobytes()
        # The standard wants an even length.
        dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
        return
    raw, centre = DARKEST + _levels(image, SPAN), DARKEST + (SPAN + 1) // 2
    if kind == "dicom-inverted":
        dataset.PhotometricInterpretation = "MONOCHROME1"
        raw, centre = MAXIMUM - raw, MAXIMUM - centre + 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.WindowCenter, dataset.WindowWidth = centre, SPAN + 1
    dataset.PixelData = raw.astype("<u2").tobytes()
