"""Attributes of a DICOM dataset, which may be absent or broken, and the few that may leave it."""

from __future__ import annotations

import math
import re

from pydicom import Dataset

_OLDEST = 90  # years; HIPAA's safe harbour lumps all ages above 89 together


def find_holder(dataset: Dataset, keyword: str, sequence: str) -> Dataset:
    """Where an attribute stands: in the dataset, or in the first frame's functional groups."""
    if keyword in dataset:
        return dataset
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        if (found := dataset.get(groups)) and (items := found[0].get(sequence)):
            return items[0]
    return dataset


def read_number(dataset: Dataset, keyword: str) -> float | None:
    """First value of a numeric attribute; None if absent, empty, broken or not finite."""
    try:
        value = dataset.get(keyword)
        number = float(value if isinstance(value, (int, float)) else value[0])
    except Exception:  # noqa: BLE001 - broken values raise anything, and nothing depends on them
        return None
    return number if math.isfinite(number) else None


def read_text(dataset: Dataset, keyword: str) -> str:
    """Value as stripped text; '' if absent or broken."""
    try:
        value = dataset.get(keyword)
        return "" if value is None else str(value).strip("\0 ")
    except Exception:  # noqa: BLE001 - see read_number
        return ""


def read_tags(dataset: Dataset) -> dict[str, str | int]:
    """The whitelist: no names, dates, places or identifiers."""
    tags: dict[str, str | int] = {}
    for name, keyword in (("view", "ViewPosition"), ("modality", "Modality")):
        # (0018,5101), (0008,0060): code strings; anything else may be free text about a patient
        if re.fullmatch("[A-Z0-9_ ]{1,16}", code := read_text(dataset, keyword).upper()):
            tags[name] = code
    if (sex := read_text(dataset, "PatientSex").upper()) in ("M", "F", "O"):  # (0010,0040)
        tags["sex"] = sex
    age_string = read_text(dataset, "PatientAge").upper()  # (0010,1010)
    if age := re.fullmatch(r"(\d{1,3})([DWMY])", age_string):
        years = int(age[1]) // {"D": 365, "W": 52, "M": 12, "Y": 1}[age[2]]
        tags["age"] = min(years, _OLDEST)
    if maker := read_text(dataset, "Manufacturer"):  # (0008,0070)
        tags["manufacturer"] = maker[:64]
    return tags
