"""Patients with images in two splits or in two classes."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from components.data_audit.finding import Case, Found, Image, count


@dataclass(frozen=True)
class Divided:
    """The patients who have two splits, or two classes.

    Attributes:
        patients: how many there are.
        images: theirs, at most `LISTED`, by file name.
    """

    patients: int
    images: Sequence[Image]


def in_two_splits(divided: Divided) -> Found:
    """Finds patients in two splits, which ImageExampleGen rules out: this checks its result."""
    cases = _cases(divided, lambda image: image.split)
    sentence = "no patient is in two splits"
    if cases:
        sentence = f"{count(divided.patients, 'patient is', 'patients are')} in two splits"
    return Found(
        "patients_in_two_splits",
        sentence,
        cases,
        "The splits were not made by this version of ImageExampleGen: run it again",
        divided.patients,
    )


def in_two_classes(divided: Divided) -> Found:
    """Finds patients in two classes: right if a disease came or went, else a label is wrong."""
    cases = _cases(divided, lambda image: image.label)
    sentence = "no patient is in two classes"
    if cases:
        sentence = (
            f"{count(divided.patients, 'patient has', 'patients have')} images of two classes"
        )
    return Found(
        "patients_in_two_classes",
        sentence,
        cases,
        "Check whether the labels follow the course of the disease; all images of a patient stay "
        "in one split either way",
        divided.patients,
    )


def _cases(divided: Divided, side: Callable[[Image], str]) -> tuple[Case, ...]:
    by_patient: defaultdict[str, list[Image]] = defaultdict(list)
    for image in divided.images:
        by_patient[image.patient].append(image)
    cases = []
    for patient, those in sorted(by_patient.items()):
        sides = sorted({side(image) for image in those})
        if len(sides) > 1:
            # One image of each side first: the reader sees the first few.
            firsts = {side(image): image for image in reversed(those)}.values()
            ordered = sorted(those, key=lambda image: image not in firsts)
            cases.append(Case(tuple(ordered), f"patient {patient}: {', '.join(sides)}"))
    return tuple(cases)
