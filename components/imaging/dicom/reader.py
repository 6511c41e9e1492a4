"""DICOM files: the first frame to 8 bits, and what may be known about it.

Only the tags that ``dicom_attributes.read_tags`` lists leave here, and the patient's ID, which is
to be hashed.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from components.imaging.dicom.attributes import read_tags, read_text
from components.imaging.dicom.checks import check_header, check_inflated
from components.imaging.dicom.display import displayed
from components.imaging.dicom.frame import first_frame


class DicomImage(NamedTuple):
    """The first frame and what may be known about it.

    Attributes:
        pixels: uint8 array, [rows, columns] grey or [rows, columns, 3] RGB, 0 is black.
        tags: see ``images.ReadImage``.
        patient_id: raw Patient ID (0010,0020), None if absent or empty.
    """

    pixels: NDArray[np.uint8]
    tags: dict[str, str | int]
    patient_id: str | None


def read_dicom(data: bytes, max_pixels: int) -> DicomImage:
    """Decodes the first frame to 8 bits.

    Args:
        data: the whole file.
        max_pixels: refuse above this many Rows x Columns, before decoding.

    Raises:
        UnreadableImage: 'no_pixels', 'too_small', 'too_large', 'truncated', 'corrupt' or
            'unsupported'.
        Exception: whatever pydicom and its plug-ins raise on broken data.
    """
    check_inflated(data, max_pixels)
    dataset = _open(data)
    check_header(dataset, max_pixels)
    pixels = displayed(first_frame(dataset), dataset)
    return DicomImage(pixels, read_tags(dataset), read_text(dataset, "PatientID") or None)


def _open(data: bytes) -> Dataset:
    dataset = dcmread(io.BytesIO(data), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:  # a bare dataset: pydicom found it by trial
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return dataset
