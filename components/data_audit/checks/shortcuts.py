"""Shortcuts: how well the classes can be predicted without the anatomy.

A logistic regression on a few plain numbers, such as size and format or the border of the image,
should do no better than chance. Where it does, a network can use the same shortcut, and its recall
says little about the disease. Cross-validated on train and eval, all images of a patient in one
fold; the test split is never used.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
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
from components.runtime.threads import map_in_threads
from components.uncertainty.bootstrap import patient_interval

_SIDE = 16  # pixels of the thumbnails that the classifier sees
_RIM = 2  # of those, around the centre that is masked: 56 % of the area
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

    def row(group: tuple[str, Features]) -> Shortcut:
        name, features = group
        probabilities = cross_validate(features, labels, folds)
        return _row(name, probabilities, labels, patients, classes)

    return list(map_in_threads(row, _groups(seen).items()))


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


def _groups(pictures: Sequence[ImageRecord]) -> dict[str, Features]:
    """Returns group → its features, float64 [n, f]; the last group is for comparison."""
    formats = sorted({picture.format for picture in pictures})
    colour = np.array([[picture.colour] for picture in pictures], np.float64)
    thumbnails = np.stack([picture.thumbnail for picture in pictures])
    # Channels first: over an axis of three values NumPy is five times as slow.
    flat = np.ascontiguousarray(np.moveaxis(thumbnails, -1, 1)).reshape(len(pictures), 3, -1)
    small = _small(thumbnails)
    return {
        "size and format": np.hstack([size_and_format(pictures, formats), colour]),
        "grey level and colour": np.hstack(
            [grey_level(pictures), flat.mean(axis=2), flat.std(axis=2)]
        ),
        "border pixels": small[:, _frame(1)].reshape(len(pictures), -1),
        "pixels without the centre": small[:, _frame(_RIM)].reshape(len(pictures), -1),
        WHOLE: small.reshape(len(pictures), -1),
    }


def _small(thumbnails: NDArray[np.uint8]) -> Features:
    """Returns thumbnails as [n, 16, 16, channels], one channel where all are grey."""
    step = THUMBNAIL // _SIDE
    grey = bool((thumbnails == thumbnails[..., :1]).all())
    values = thumbnails[..., :1] if grey else thumbnails
    cells = values.reshape(len(values), _SIDE, step, _SIDE, step, -1)
    total = sum(
        cells[:, :, row, :, column].astype(np.float64)
        for row in range(step)
        for column in range(step)
    )
    return np.asarray(total / step**2)


def _frame(width: int) -> NDArray[np.bool_]:
    """Returns [16, 16], True in a border of so many pixels."""
    frame = np.ones((_SIDE, _SIDE), bool)
    frame[width:-width, width:-width] = False
    return frame


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
