"""DICOM files: the first frame to 8 bits, and what may be known about it.

Only the tags that ``attributes.read_tags`` lists leave here, and the patient's ID, which is
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
from components.imaging.dicom.checks import check_amount, check_inflated, check_pixels_present
from components.imaging.dicom.display import displayed
from components.imaging.dicom.frame import first_frame
from components.imaging.dicom.layout import read_layout
from components.imaging.dicom.numbers import Notes
from components.imaging.size import check_size
from components.imaging.unreadable import COPY_AGAIN, UnreadableImage


class DicomImage(NamedTuple):
    """The first frame and what may be known about it.

    Attributes:
        pixels: uint8 array, [rows, columns] grey or [rows, columns, 3] RGB, 0 is black.
        tags: see ``images.ReadImage``.
        patient_id: raw Patient ID (0010,0020), None if absent or empty.
        study_uid: Study Instance UID (0020,000D), None if absent or empty.
        notes: what was read otherwise than it is written, a sentence each.
    """

    pixels: NDArray[np.uint8]
    tags: dict[str, str | int]
    patient_id: str | None
    study_uid: str | None
    notes: tuple[str, ...]


def read_dicom(data: bytes, max_pixels: int) -> DicomImage:
    """Decodes the first frame to 8 bits.

    Args:
        data: the whole file.
        max_pixels: refuse above this many Rows x Columns, before decoding.

    Raises:
        UnreadableImage: 'no_pixels', 'too_small', 'too_large', 'truncated', 'corrupt' or
            'unsupported'.
    """
    check_inflated(data, max_pixels)
    dataset = _open(data)
    check_pixels_present(dataset)
    notes: Notes = []
    layout = read_layout(dataset, notes)
    check_size(layout.columns, layout.rows, max_pixels)
    check_amount(dataset, layout)
    tags, patient_id = read_tags(dataset), read_text(dataset, "PatientID") or None
    pixels = displayed(first_frame(dataset, layout), dataset, layout, notes)
    study_uid = read_text(dataset, "StudyInstanceUID") or None
    return DicomImage(pixels, tags, patient_id, study_uid, tuple(dict.fromkeys(notes)))


def _open(data: bytes) -> Dataset:
    try:
        dataset = dcmread(io.BytesIO(data), force=True)
    except EOFError as error:
        raise UnreadableImage("truncated", f"the DICOM file ends early; {COPY_AGAIN}") from error
    except Exception as error:  # pydicom raises anything on bytes that are no dataset
        raise UnreadableImage(
            "corrupt", f"the DICOM header can't be parsed: it is damaged; {COPY_AGAIN}"
        ) from error
    if "TransferSyntaxUID" not in dataset.file_meta:  # a bare dataset: pydicom found it by trial
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return dataset
