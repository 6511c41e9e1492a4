"""Who is in the sample data: patients and films, dealt so that only the lungs tell the class.

Every attribute a model could cheat with (site, sex, age, view, film count, size, file format) is
dealt to each class from the same deck, so its distribution is identical in all three.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

CLASSES = ("COVID", "NORMAL", "PNEUMONIA")
SITES = ("site-a", "site-b", "site-c")

# One deck of twenty: mostly plain PNG, the rest what hospitals really send.
FORMATS = (
    *("png", "dicom", "png", "jpeg", "png", "png-rgb", "png", "dicom-inverted", "png", "png-16"),
    *("png", "bmp", "png", "jpeg", "png", "dicom-8", "png", "png", "png", "png"),
)

SUFFIXES = {
    "png": ".png",
    "png-rgb": ".png",
    "png-16": ".png",
    "jpeg": ".jpg",
    "bmp": ".bmp",
    "dicom": ".dcm",
    "dicom-8": ".dcm",
    "dicom-inverted": ".dcm",
}

# What makes careless readers stumble, and the format it befalls; each once per class.
QUIRKS = {"upper-case": "png", "space": "png", "non-ascii": "png", "rotated": "jpeg"}

T = TypeVar("T")


@dataclass(frozen=True)
class Patient:
    """One person; everything that stays the same between two films.

    Attributes:
        number: 1..9999, unique over all classes; says nothing about the class.
        label: One of `CLASSES`.
        sex: "F" or "M".
        age: Years, 20..90.
        site: One of `SITES`.
    """

    number: int
    label: str
    sex: str
    age: int
    site: str

    @property
    def id(self) -> str:
        """The name used in file names and DICOM, such as `P0042`."""
        return f"P{self.number:04d}"


@dataclass(frozen=True)
class Film:
    """One radiograph of a patient.

    Attributes:
        patient: Whose it is.
        index: 1..3, counting the patient's films.
        view: "PA" (standing, at the detector) or "AP" (lying, portable).
        height: Rows.
        width: Columns.
        format: One of `FORMATS`.
        quirk: "" or one of `QUIRKS`.
    """

    patient: Patient
    index: int
    view: str
    height: int
    width: int
    format: str
    quirk: str = ""

    @property
    def name(self) -> str:
        """File name, such as `P0042_PA_1.png`; quirks bend it, but never the leading patient."""
        who, view, index, suffix = self.patient.id, self.view, self.index, SUFFIXES[self.format]
        if self.quirk == "upper-case":
            return f"{who}_{view}_{index}{suffix.upper()}"
        if self.quirk == "space":
            return f"{who}_{view} {index}{suffix}"
        if self.quirk == "non-ascii":
            return f"{who}_{view}_{index}_geprüft{suffix}"
        return f"{who}_{view}_{index}{suffix}"

    @property
    def path(self) -> str:
        """Relative path with forward slashes, such as `COVID/P0042_PA_1.png`."""
        return f"{self.patient.label}/{self.name}"


def plan_films(patients_per_class: int, seed: int, size: int) -> list[Film]:
    """Deal patients and films for all classes.

    Args:
        patients_per_class: Patients in each class, with two films on average.
        seed: Any integer from 0.
        size: Typical side of a film in pixels; sides vary by up to 12 %.

    Returns:
        Films ordered by patient number and index.
    """
    numbers = np.random.default_rng([seed, 0]).permutation(patients_per_class * len(CLASSES)) + 1
    films: list[Film] = []
    for position, label in enumerate(CLASSES):
        rng = np.random.default_rng([seed, 0, position + 1])
        own = numbers[position :: len(CLASSES)]
        films += _plan_class(label, [int(number) for number in own], rng, size)
    return sorted(films, key=lambda film: (film.patient.number, film.index))


def _plan_class(label: str, numbers: list[int], rng: np.random.Generator, size: int) -> list[Film]:
    """Patients and films of one class."""
    count = len(numbers)
    sexes = _deal(("F", "M"), count, rng)
    sites = _deal(SITES, count, rng)
    ages = _deal(tuple(20 + (71 * step) // count for step in range(count)), count, rng)
    counts = _deal((2, 1, 3), count, rng)
    total = sum(counts)
    views = iter(_deal(("PA", "PA", "AP"), total, rng))
    formats = iter(_deal(FORMATS, total, rng))
    heights = iter(_deal(_sides(size), total, rng))
    widths = iter(_deal(_sides(size), total, rng))
    films = [
        Film(
            patient=Patient(number, label, sex, age, site),
            index=index,
            view=next(views),
            height=next(heights),
            width=next(widths),
            format=next(formats),
        )
        for number, sex, site, age, shots in zip(numbers, sexes, sites, ages, counts, strict=True)
        for index in range(1, shots + 1)
    ]
    return _bend(films)


def _bend(films: list[Film]) -> list[Film]:
    """Give each quirk to the first film of its format that has none yet."""
    bent = list(films)
    for quirk, wanted in QUIRKS.items():
        for position, film in enumerate(bent):
            if film.format == wanted and not film.quirk:
                bent[position] = replace(film, quirk=quirk)
                break
    return bent


def _sides(size: int) -> tuple[int, ...]:
    """Side lengths in pixels, spread evenly over `size` ± 12 %."""
    return tuple(round(size * (0.88 + 0.02 * step)) for step in range(13))


def _deal(deck: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """Repeat `deck` to `count` cards and shuffle them: random order, fixed totals."""
    cards = list(itertools.islice(itertools.cycle(deck), count))
    return [cards[position] for position in rng.permutation(count)]
