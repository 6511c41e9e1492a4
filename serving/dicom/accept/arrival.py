"""What is read of a received object before it is spooled: its identifiers, and what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydicom import Dataset, dcmread

from components.recipe.dicom import Accept
from serving.dicom.accept.acceptance import Refusal, why_not
from serving.dicom.errors import RefusedError

_TAGS = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "AccessionNumber", "Modality",
    "BodyPartExamined", "ViewPosition", "PhotometricInterpretation", "ImageType", "StudyDate",
]  # fmt: skip
_LONGEST_UID = 64


@dataclass(frozen=True)
class Arrival:
    """A received object.

    Attributes:
        sop_class: its SOP Class UID.
        sop_uid: its SOP Instance UID.
        study_uid: the Study Instance UID.
        accession: the Accession Number, '' where there is none.
        modality: '' where there is none.
        refusal: why it is not answered, or None.
    """

    sop_class: str
    sop_uid: str
    study_uid: str
    accession: str
    modality: str
    refusal: Refusal | None


def read_arrival(file: Path, rules: Accept, today: date) -> Arrival:
    """Reads the header of a DICOM file.

    Raises:
        RefusedError: it is none, or has no usable UIDs.
    """
    try:
        dataset = dcmread(file, stop_before_pixels=True, specific_tags=_TAGS)
        uids = [
            _uid(dataset, name) for name in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID")
        ]
        accession, modality = (
            str(dataset.get(name) or "") for name in ("AccessionNumber", "Modality")
        )
        refusal = why_not(dataset, rules, today)
    except RefusedError:
        raise
    except Exception as error:  # pydicom raises anything on bytes that are no dataset
        raise RefusedError(f"the DICOM header can't be parsed ({error})") from error
    return Arrival(uids[0], uids[1], uids[2], accession, modality, refusal)


def _uid(dataset: Dataset, name: str) -> str:
    value = str(dataset.get(name) or "")
    if not value or len(value) > _LONGEST_UID or not set(value) <= set("0123456789."):
        raise RefusedError(f"{name} is a UID of digits and dots. Received: {value[:80]!r}")
    return value
