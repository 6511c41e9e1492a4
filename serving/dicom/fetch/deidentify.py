"""De-identifies a DICOM dataset by the basic profile of PS3.15, Annex E, and its options."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileMetaDataset
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

from components.imaging.dicom.attributes import read_text
from serving.dicom.fetch.profile import BASIC_PROFILE, EDITION, METHODS, Action, Profile, Retain
from serving.dicom.fetch.pseudonyms import Pseudonyms

_DUMMIES: dict[str, Any] = {
    "AE": "REMOVED", "AS": "000Y", "CS": "REMOVED", "DA": "19000101", "DS": "0",
    "DT": "19000101000000", "IS": "0", "LO": "REMOVED", "LT": "REMOVED", "OB": b"\0\0",
    "PN": "REMOVED", "SH": "REMOVED", "ST": "REMOVED", "TM": "000000", "UC": "REMOVED",
    "UN": b"\0\0", "UR": "urn:removed", "US": 0, "UT": "REMOVED",
}  # fmt: skip


def deidentify(dataset: Dataset, profile: Profile, pseudonyms: Pseudonyms) -> None:
    """De-identifies a dataset in place, its sequences too.

    1. Each attribute follows Table E.1-1; UIDs are replaced by the same one wherever they occur.
    2. Removed are private attributes, those that pydicom's dictionary does not know, curves and
       overlays.
    3. Patient ID and name become the pseudonym of the patient.
    4. The dataset says what was done to it, and its file meta information is new.

    Pixels stay as they are (no Clean Pixel Data Option).

    Args:
        dataset: with a Patient ID and a SOP Instance UID, as read from a file.
        profile: with its options.
        pseudonyms: by the site's key.
    """
    patient = read_text(dataset, "PatientID")
    days = timedelta(days=pseudonyms.days(patient))
    _clean(dataset, profile, pseudonyms, days)
    dataset.PatientID = dataset.PatientName = pseudonyms.patient(patient)
    _declare(dataset, profile)
    _renew_file_meta(dataset)


def _clean(dataset: Dataset, profile: Profile, pseudonyms: Pseudonyms, days: timedelta) -> None:
    for tag in list(dataset.keys()):
        action = profile.action(int(tag))
        if action is Action.REMOVE or not _is_known(int(tag)):
            del dataset[tag]
            continue
        element = dataset[tag]
        if action is Action.EMPTY:
            dataset[tag] = DataElement(tag, element.VR, [] if element.VR == "SQ" else None)
        elif action is Action.DUMMY:
            dataset[tag] = _dummy(element)
        elif action is Action.SHIFT:
            _shift(dataset, element, days)
        elif action is Action.NEW_UID and element.VR != "SQ":
            element.value = _renewed(element.value, pseudonyms)
        elif element.VR == "SQ":
            for item in element.value:
                _clean(item, profile, pseudonyms, days)


def _is_known(tag: int) -> bool:
    try:
        dictionary_VR(tag)
    except KeyError:
        return False
    return True


def _dummy(element: DataElement) -> DataElement:
    """A sequence becomes empty: what a person or an institution is coded by has no dummy."""
    value = [] if element.VR == "SQ" else _DUMMIES.get(element.VR)
    return DataElement(element.tag, element.VR, value)


def _renewed(value: Any, pseudonyms: Pseudonyms) -> Any:
    if value is None or isinstance(value, str):
        return pseudonyms.uid(value) if value else value
    return [pseudonyms.uid(one) for one in value]


def _shift(dataset: Dataset, element: DataElement, days: timedelta) -> None:
    """Moves dates into the past; a time of day stays, and what is no date is removed."""
    if element.VR == "TM":
        return
    try:
        values = [str(value) for value in _several(element.value)]
        element.value = [_earlier(value, days) for value in values]
    except (ValueError, OverflowError):
        del dataset[element.tag]


def _several(value: Any) -> Iterable[Any]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) or not isinstance(value, Iterable) else value


def _earlier(text: str, days: timedelta) -> str:
    """Moves the day of a DA or DT, `YYYYMMDD` and for a DT what follows."""
    return (datetime.strptime(text[:8], "%Y%m%d") - days).strftime("%Y%m%d") + text[8:]


def _declare(dataset: Dataset, profile: Profile) -> None:
    """Patient Identity Removed, and how (PS3.3, C.12.1.1 and C.7.1.1; PS3.15, E.1.1)."""
    used = [BASIC_PROFILE, *(METHODS[option] for option in Retain if option in profile.retain)]
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = f"medtfx, DICOM PS3.15 {EDITION} Annex E"
    dataset.DeidentificationMethodCodeSequence = [_code(*one) for one in used]
    dates = "REMOVED"
    if Retain.MODIFIED_DATES in profile.retain:
        dates = "MODIFIED"
    if Retain.FULL_DATES in profile.retain:
        dates = "UNMODIFIED"
    dataset.LongitudinalTemporalInformationModified = dates


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _renew_file_meta(dataset: Dataset) -> None:
    old = dataset.file_meta
    dataset.preamble = b"\0" * 128
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = old.TransferSyntaxUID
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
