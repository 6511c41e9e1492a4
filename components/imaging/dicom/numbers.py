"""Numeric attributes of a DICOM dataset, read as a whole or refused.

A number that is not written by the rules (PS3.5 6.2: DS and IS are decimal digits with a point) is
never read in part: `2048/100` would turn into 2048, and `2048,0` into its first character. A comma
that can only be a decimal comma is read as a point, and noted.
"""

from __future__ import annotations

import math
import re
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_description, tag_for_keyword
from pydicom.multival import MultiValue

from components.imaging.unreadable import UnreadableImage

Notes = list[str]  # what was read otherwise than it is written, a sentence each

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")


def label(keyword: str) -> str:
    """Name and tag of an attribute, as in 'Window Center (0028,1050)'."""
    tag = tag_for_keyword(keyword) or 0
    return f"{dictionary_description(tag)} ({tag >> 16:04X},{tag & 0xFFFF:04X})"


def read_numbers(dataset: Dataset, keyword: str, notes: Notes) -> list[float]:
    """All values of a numeric attribute; none if it is absent or empty.

    Raises:
        UnreadableImage: 'corrupt', naming attribute and value, if one is no finite number.
    """
    try:
        value = dataset.get(keyword)
    except Exception:  # noqa: BLE001 - pydicom raises anything on bytes that do not fit the type
        raise _malformed(keyword, "of bytes that do not fit its type") from None
    if value is None or value == "":
        return []
    items = list(value) if isinstance(value, (MultiValue, list, tuple)) else [value]
    return [_number(item, keyword, notes) for item in items]


def read_number(dataset: Dataset, keyword: str, notes: Notes) -> float | None:
    """The value of an attribute that has one; None if it is absent or empty.

    Raises:
        UnreadableImage: 'corrupt', if it is no finite number, or more than one.
    """
    values = read_numbers(dataset, keyword, notes)
    if len(values) > 1:
        raise _malformed(keyword, f"{values}, though one value is due")
    return values[0] if values else None


def read_whole(dataset: Dataset, keyword: str, notes: Notes) -> int | None:
    """The value of an attribute that is a whole number; None if it is absent or empty.

    Raises:
        UnreadableImage: 'corrupt', if it is no whole number, or more than one.
    """
    value = read_number(dataset, keyword, notes)
    if value is not None and not value.is_integer():
        raise _malformed(keyword, f"{value}, not a whole number")
    return None if value is None else int(value)


def _number(item: Any, keyword: str, notes: Notes) -> float:
    # pydicom's numbers keep the text: Python takes 1_000 and nan for numbers, DICOM does not.
    written = getattr(item, "original_string", None) or item
    if isinstance(written, str):
        text = written.strip(" \0")
        if _DECIMAL_COMMA.fullmatch(text) and not _MAY_BE_THOUSANDS.fullmatch(text):
            notes.append(f"{label(keyword)} is {text!r}: the comma was read as a decimal point")
            text = text.replace(",", ".")
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
    else:
        number = float(written) if isinstance(written, (int, float)) else math.nan
    if not math.isfinite(number):
        raise _malformed(keyword, f"{str(written)[:64]!r}, not a finite decimal number")
    return number


def _malformed(keyword: str, what: str) -> UnreadableImage:
    return UnreadableImage(
        "corrupt", f"{label(keyword)} is {what}; correct it, or export the image again"
    )
