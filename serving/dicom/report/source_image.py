"""What a report takes from an image of the study: whose it is, and how it is displayed."""

from collections.abc import Callable
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR
from pydicom.valuerep import DA, TM

from components.imaging.dicom.attributes import has_value, read_text
from components.imaging.quiet import quiet
from serving.dicom.errors import ReportError

# Whose study it is; those of type 2 (PS3.3, C.7.1.1 and C.7.2.1) are there, empty if unknown.
IDENTITY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID",
    "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
FURTHER_IDENTITY = ("IssuerOfPatientID", "StudyDescription", "PatientAge", "Laterality")
_REFERENCE = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
_PICTURE = (
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames",
    "BitsStored", "PixelRepresentation", "PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio",
    "RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence", "WindowCenter",
    "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence",
    "BurnedInAnnotation", "PatientOrientation",
)  # fmt: skip
UNICODE = "ISO_IR 192"
_CALENDAR: dict[str, Callable[[str], object]] = {"DA": DA, "TM": TM}  # which refuse what is none


def read_source(path: Path) -> Dataset:
    """Returns what a report takes from an image, in Unicode whatever its own character set is.

    Dates, times and a sex that are none are left empty: no object may hold them.

    Args:
        path: of a DICOM file.

    Returns:
        The attributes of `IDENTITY`, of `FURTHER_IDENTITY` as far as present, those by which it is
        referred to, and those that decide how it is displayed.

    Raises:
        ReportError: it is no DICOM file, or has none of the UIDs that a reference needs.
    """
    try:
        with quiet():
            header = dcmread(path, stop_before_pixels=True, force=True)
            source = _texts(header)
            _copy_picture(header, source)
    except OSError:
        raise
    except Exception as error:  # pydicom raises anything on broken bytes
        raise ReportError(
            f"A report is made of DICOM files. Received: {path.name!r}, whose header can't be "
            f"read: {error}. Send the image again."
        ) from error
    if missing := [keyword for keyword in _REFERENCE if not read_text(source, keyword)]:
        raise ReportError(
            f"A report refers to an image by its UIDs. {path.name!r} has no {missing[0]}: it is "
            "no image of a PACS. Send the image again."
        )
    return source


def _texts(header: Dataset) -> Dataset:
    source = Dataset()
    source.SpecificCharacterSet = UNICODE
    for keyword in (*IDENTITY, *FURTHER_IDENTITY, *_REFERENCE):
        text = _valid(keyword, read_text(header, keyword))
        if text or keyword in IDENTITY:
            setattr(source, keyword, text)
    return source


def _valid(keyword: str, text: str) -> str:
    if keyword == "PatientSex":
        return text.upper() if text.upper() in ("M", "F", "O") else ""
    if keyword == "Laterality":
        return text if text in ("L", "R") else ""
    try:
        _CALENDAR.get(dictionary_VR(keyword), str)(text)
    except (ValueError, TypeError):
        return ""
    return text


def _copy_picture(header: Dataset, source: Dataset) -> None:
    for keyword in _PICTURE:
        if has_value(header, keyword):
            source[keyword] = header[keyword]
