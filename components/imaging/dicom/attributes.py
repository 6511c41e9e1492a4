"""Texts of a DICOM dataset, which may be absent or broken, and the few that may leave it."""

from __future__ import annotations

import re

from pydicom import Dataset

_OLDEST = 90  # years; HIPAA's safe harbour lumps all ages above 89 together


def find_holder(dataset: Dataset, keywords: tuple[str, ...], sequence: str) -> Dataset:
    """The dataset, or the item of the first frame's functional groups, where attributes are.

    Sequences and items that hold none of them are passed over (PS3.3 C.7.6.16).

    Args:
        dataset: of the whole file.
        keywords: of attributes that belong together; one of them is enough.
        sequence: keyword of the functional group that may hold it.
    """
    candidates = [dataset]
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for group in list(dataset.get(groups) or [])[:1]:
            candidates += list(group.get(sequence) or [])[:1]
    return next(
        (one for one in candidates if any(has_value(one, keyword) for keyword in keywords)), dataset
    )


def has_value(dataset: Dataset, keyword: str) -> bool:
    """Whether an attribute is present and not empty."""
    if keyword not in dataset:
        return False
    value = dataset.get_item(keyword).value
    return value is not None and not (hasattr(value, "__len__") and len(value) == 0)


def read_text(dataset: Dataset, keyword: str) -> str:
    """Value as stripped text; '' if absent or broken."""
    try:
        value = dataset.get(keyword)
        return "" if value is None else str(value).strip("\0 ")
    except Exception:  # noqa: BLE001 - pydicom raises anything on broken values
        return ""


def read_tags(dataset: Dataset) -> dict[str, str | int]:
    """The whitelist: no names, dates, places or identifiers.

    Returns:
        As far as present: 'view' and 'modality' (code strings), 'sex' (M, F or O), 'age' (whole
        years, 90 stands for 90 and above), 'manufacturer' (at most 64 characters).
    """
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
