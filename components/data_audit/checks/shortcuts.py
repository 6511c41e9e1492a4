"""Shortcuts: how well the classes can be predicted without the anatomy.

A logistic regression on a few plain numbers, such as size and format or the border of the image,
should do no better than chance. Where it does, a network can use the same shortcut, and its recall
says little about the disease. Cross-validated on train and eval, all images of a patient in one
fold; the test split is never used.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.shortcut_model import (
    FOLDS,
    MOST,
    Features,
    cross_validate,
    grey_level,
    patient_folds,
    size_and_format,
)
from components.data_audit.finding import Case, Found
from components.gate.results import class_results
from components.imaging.measures.image_record import THUMBNAIL, ImageRecord
from components.uncertainty.bootstrap import patient_interval

_SIDE = 16  # pixels of the thumbnails that the classifier sees
_CENTRE = slice(2, 14)  # of those; what is masked: 56 % of the area
WHOLE = "whole thumbnail"


@dataclass(frozen=True)
class Shortcut:
    """How well one group of features predicts the classes, cross-validated.

    Attributes:
        features: name of the group.
        images: that it was measured on, at most `MOST`.
        auc: class → one-vs-rest area under the ROC curve, 0.5 is chance.
        balanced_accuracy: mean recall of the classes.
        low: lower bound of its 95 % interval, by a bootstrap over patients.
        high: upper bound.
        chance: balanced accuracy of guessing.
    """

    features: str
    images: int
    auc: Mapping[str, float]
    balanced_accuracy: float
    low: float
    high: float
    chance: float


def measure_shortcuts(pictures: Sequence[ImageRecord]) -> list[Shortcut]:
    """Returns one row a group of features; the last, the whole thumbnail, is for comparison.

    The list is empty where a class has fewer than two patients in train and eval.
    """
    seen = _sample([picture for picture in pictures if picture.split != "test"])
    labels = np.array([picture.label for picture in seen])
    patients = np.array([picture.patient for picture in seen])
    classes = sorted(set(labels))
    fewest = min((len(set(patients[labels == label])) for label in classes), default=0)
    if len(classes) < 2 or fewest < 2:
        return []
    folds = patient_folds(labels, patients, min(FOLDS, fewest))
    rows = []
    for name, features in _GROUPS.items():
        probabilities = cross_validate(features(seen), labels, folds)
        rows.append(_row(name, probabilities, labels, patients, classes))
    return rows


def _sample(pictures: Sequence[ImageRecord]) -> list[ImageRecord]:
    """Returns at most `MOST` pictures: all of the rare classes, and of the others as many each."""
    # Patient by patient: this is a keyed hash, so the order is as good as a random one.
    ordered = sorted(pictures, key=lambda picture: (picture.patient, picture.filename))
    counts = Counter(picture.label for picture in ordered)
    left, quota = MOST, {}
    for rank, (label, count) in enumerate(reversed(counts.most_common())):
        quota[label] = min(count, left // (len(counts) - rank))
        left -= quota[label]
    taken: Counter[str] = Counter()
    chosen = []
    for picture in ordered:
        taken[picture.label] += 1
        if taken[picture.label] <= quota[picture.label]:
            chosen.append(picture)
    return chosen


def shortcuts(rows: Sequence[Shortcut], limit: float) -> Found:
    """Finds groups of features that predict a class with an AUC of `limit` or more."""
    found = [
        (row.features, label, auc)
        for row in rows
        if row.features != WHOLE
        for label, auc in row.auc.items()
        if auc >= limit
    ]
    found.sort(key=lambda item: -item[2])
    cases = tuple(Case((), f"{name} predict {label}: AUC {auc:.2f}") for name, label, auc in found)
    if not rows:
        return Found("shortcuts", "too few patients to measure shortcuts")
    sentence = f"size, grey level and border predict no class (AUC below {limit:.2f})"
    if found:
        name, label, auc = found[0]
        sentence = f"{name} alone predict {label} against the rest with an AUC of {auc:.2f}"
    return Found(
        "shortcuts",
        sentence,
        cases,
        "Take all classes from one source, in one format and framing, or test the model on images "
        "of another site; its recall may come from this shortcut",
    )


# === Features ===


def _size_format_and_colour(pictures: Sequence[ImageRecord]) -> Features:
    formats = sorted({picture.format for picture in pictures})
    colour = np.array([[picture.colour] for picture in pictures], np.float64)
    return np.hstack([size_and_format(pictures, formats), colour])


def _grey_and_colour(pictures: Sequence[ImageRecord]) -> Features:
    thumbnails = np.stack([picture.thumbnail for picture in pictures]).astype(np.float64)
    colours = thumbnails.mean(axis=(1, 2)), thumbnails.std(axis=(1, 2))
    return np.hstack([grey_level(pictures), *colours])


def _border(pictures: Sequence[ImageRecord]) -> Features:
    frame = np.ones((_SIDE, _SIDE), bool)
    frame[1:-1, 1:-1] = False
    return _small(pictures)[:, frame].reshape(len(pictures), -1)


def _without_centre(pictures: Sequence[ImageRecord]) -> Features:
    rest = np.ones((_SIDE, _SIDE), bool)
    rest[_CENTRE, _CENTRE] = False
    return _small(pictures)[:, rest].reshape(len(pictures), -1)


def _whole(pictures: Sequence[ImageRecord]) -> Features:
    return _small(pictures).reshape(len(pictures), -1)


def _small(pictures: Sequence[ImageRecord]) -> Features:
    """Returns thumbnails [n, 16, 16, channels], one channel where all are grey."""
    assert THUMBNAIL % _SIDE == 0
    step = THUMBNAIL // _SIDE
    stack = np.stack([picture.thumbnail for picture in pictures]).astype(np.float64)
    small = stack.reshape(len(stack), _SIDE, step, _SIDE, step, 3).mean(axis=(2, 4))
    grey = bool((stack == stack[..., :1]).all())
    return small[..., :1] if grey else small


_GROUPS: Mapping[str, Callable[[Sequence[ImageRecord]], Features]] = {
    "size and format": _size_format_and_colour,
    "grey level and colour": _grey_and_colour,
    "border pixels": _border,
    "pixels without the centre": _without_centre,
    WHOLE: _whole,
}


# === The figures ===


def _row(
    name: str, probabilities: Features, labels: NDArray, patients: NDArray, classes: list[str]
) -> Shortcut:
    indices = np.searchsorted(classes, labels)
    results = class_results(indices, probabilities, classes, patients)
    low, high = patient_interval(patients, _cases_and_hits(indices, probabilities), _balanced)
    return Shortcut(
        features=name,
        images=len(labels),
        auc={result.label: result.auc for result in results},
        balanced_accuracy=float(np.mean([result.recall for result in results])),
        low=low,
        high=high,
        chance=1 / len(classes),
    )


def _cases_and_hits(labels: NDArray[np.int64], probabilities: Features) -> Features:
    """Returns [n, 2, C]: 1 at the class of each image, and again if it was predicted."""
    cases = np.eye(probabilities.shape[1])[labels]
    right = probabilities.argmax(axis=1) == labels
    return np.stack([cases, cases * right[:, None]], axis=1)


def _balanced(sums: Features) -> Features:
    """Returns the mean recall of the classes: [s, 2, C] → [s]; NaN where a class has no image."""
    with np.errstate(invalid="ignore"):
        return np.asarray((sums[:, 1] / sums[:, 0]).mean(axis=1))
