"""Who is in the sample data: patients and films, dealt so that only the lungs show the class.

Every attribute that a model could use instead (site, sex, age, view, number of films, size, file
format) is dealt to each class from the same deck, so that its distribution is the same in all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

CLASSES = ("COVID", "NORMAL", "PNEUMONIA")
SITES = ("site-a", "site-b", "site-c")

# A deck of ten: mostly plain PNG, the rest what hospitals really send.
FORMATS = (
    *("png", "dicom", "png", "jpeg", "png-16"),
    *("png", "dicom-inverted", "png", "png-rgb", "png"),
)

T = TypeVar("T")


@dataclass(frozen=True)
class Patient:
    """One person.

    Attributes:
        number: 1..9999, unique over all classes, in random order.
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
        view: "PA" (standing) or "AP" (lying).
        height: Rows.
        width: Columns.
        format: One of `FORMATS`.
    """

    patient: Patient
    index: int
    view: str
    height: int
    width: int
    format: str

    @property
    def path(self) -> str:
        """Path below the data folder, such as `COVID/P0042_PA_1.png`."""
        container = self.format.split("-")[0]
        suffix = {"jpeg": "jpg", "dicom": "dcm"}.get(container, container)
        return f"{self.patient.label}/{self.patient.id}_{self.view}_{self.index}.{suffix}"


def plan_films(patients_per_class: int, seed: int, size: int) -> list[Film]:
    """Deal patients and films for all classes.

    Args:
        patients_per_class: Patients of each class, with two films on average.
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
    ages = [20 + (71 * step) // count for step in range(count)]
    people = [
        Patient(number, label, sex, age, site)
        for number, sex, age, site in zip(
            numbers,
            _deal(("F", "M"), count, rng),
            _deal(ages, count, rng),
            _deal(SITES, count, rng),
            strict=True,
        )
    ]
    shots = [
        (patient, index)
        for patient, films in zip(people, _deal((2, 1, 3), count, rng), strict=True)
        for index in range(1, films + 1)
    ]
    sides = [round(size * (0.88 + 0.02 * step)) for step in range(13)]
    dealt = (_deal(deck, len(shots), rng) for deck in (("PA", "PA", "AP"), sides, sides, FORMATS))
    return [Film(*shot, *attributes) for shot, *attributes in zip(shots, *dealt, strict=True)]


def _deal(deck: Sequence[T], count: int, rng: np.random.Generator) -> list[T]:
    """Repeat `deck` to `count` cards and shuffle them: random order, fixed totals."""
    cards = list(itertools.islice(itertools.cycle(deck), count))
    return [cards[position] for position in rng.permutation(count)]
