"""Patients with images in two splits or in two classes."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from components.data_audit.finding import Case, Found, count
from components.imaging.measures.image_record import ImageRecord


def in_two_splits(pictures: Sequence[ImageRecord]) -> Found:
    """Finds patients in two splits, which ImageExampleGen rules out: this checks its result."""
    cases = _divided(pictures, lambda picture: picture.split)
    sentence = "no patient is in two splits"
    if cases:
        sentence = f"{count(len(cases), 'patient is', 'patients are')} in two splits"
    return Found(
        "patients_in_two_splits",
        sentence,
        cases,
        "The splits were not made by this version of ImageExampleGen: run it again",
    )


def in_two_classes(pictures: Sequence[ImageRecord]) -> Found:
    """Finds patients in two classes: right if a disease came or went, else a label is wrong."""
    cases = _divided(pictures, lambda picture: picture.label)
    sentence = "no patient is in two classes"
    if cases:
        sentence = f"{count(len(cases), 'patient has', 'patients have')} images of two classes"
    return Found(
        "patients_in_two_classes",
        sentence,
        cases,
        "Check whether the labels follow the course of the disease; all images of a patient stay "
        "in one split either way",
    )


def _divided(
    pictures: Sequence[ImageRecord], side: Callable[[ImageRecord], str]
) -> tuple[Case, ...]:
    by_patient: defaultdict[str, list[ImageRecord]] = defaultdict(list)
    for picture in pictures:
        by_patient[picture.patient].append(picture)
    cases = []
    for patient, images in sorted(by_patient.items()):
        sides = sorted({side(image) for image in images})
        if len(sides) > 1:
            # One image of each side first: the reader sees the first few.
            firsts = {side(image): image for image in reversed(images)}.values()
            ordered = sorted(images, key=lambda image: image not in firsts)
            files = tuple(image.filename for image in ordered)
            cases.append(Case(files, f"patient {patient}: {', '.join(sides)}"))
    return tuple(cases)
