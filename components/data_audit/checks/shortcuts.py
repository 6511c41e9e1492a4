"""How well the classes can be told without looking at what the images are about.

A logistic regression on a few plain numbers, such as size and format or the frame of the image,
should do no better than chance. Where it does, a network can take the same way, and its recall says
little about the disease. Cross-validated on train and eval, patients kept together; the test split
is never looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.data_audit.finding import Case, Found
from components.data_audit.image_record import THUMBNAIL, Picture

_SIDE = 16  # pixels of the thumbnails that are told apart
_CENTRE = slice(2, 14)  # of those; what is masked: 56 % of the area
_FOLDS = 5
_MOST = 5_000  # images; more do not move the figures
_RESAMPLES = 500
WHOLE = "whole thumbnail"


@dataclass(frozen=True)
class Shortcut:
    """How far one group of features gets.

    Attributes:
        features: name of the group.
        auc: class → one-vs-rest area under the ROC curve, 0.5 is chance.
        balanced_accuracy: mean recall, cross-validated.
        low: of its 95 % interval, by resampling patients.
        high: see there.
        chance: balanced accuracy of guessing.
    """

    features: str
    auc: Mapping[str, float]
    balanced_accuracy: float
    low: float
    high: float
    chance: float


def measure_shortcuts(pictures: Sequence[Picture]) -> list[Shortcut]:
    """Returns one row a group of features; the last, the whole thumbnail, is for comparison.

    Empty where a class has fewer than two patients in train and eval.
    """
    seen = _sample([picture for picture in pictures if picture.split != "test"])
    labels = np.array([picture.label for picture in seen])
    patients = np.array([picture.patient for picture in seen])
    classes = sorted(set(labels))
    fewest = min((len(set(patients[labels == label])) for label in classes), default=0)
    if len(classes) < 2 or fewest < 2:
        return []
    folds = _folds(labels, patients, min(_FOLDS, fewest))
    rows = []
    for name, features in _GROUPS.items():
        answers = _cross_validate(features(seen), labels, folds)
        rows.append(_row(name, answers, labels, patients, classes))
    return rows


def shortcuts(rows: Sequence[Shortcut], limit: float) -> Found:
    """Finds groups of features that tell a class with an AUC of `limit` or more."""
    told = [
        (row.features, label, auc)
        for row in rows
        if row.features != WHOLE
        for label, auc in row.auc.items()
        if auc >= limit
    ]
    told.sort(key=lambda item: -item[2])
    cases = tuple(Case((), f"{name} tell {label}: AUC {auc:.2f}") for name, label, auc in told)
    if not rows:
        return Found("shortcuts", "too few patients to measure shortcuts")
    sentence = f"no class can be told by size, grey or border (AUC below {limit:.2f})"
    if told:
        name, label, auc = told[0]
        sentence = f"{name} alone tell {label} from the rest with an AUC of {auc:.2f}"
    return Found(
        "shortcuts",
        sentence,
        cases,
        "Bring the classes to one source, format and framing, or judge the model on another site's "
        "images; its recall may come from this",
    )


# === Features ===


def _size_and_format(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    formats = sorted({picture.format for picture in pictures})
    return np.array(
        [
            [p.width, p.height, p.width / p.height, np.log(p.width * p.height), p.colour]
            + [p.format == name for name in formats]
            for p in pictures
        ],
        np.float64,
    )


def _grey_and_colour(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    thumbnails = np.stack([picture.thumbnail for picture in pictures]).astype(np.float64)
    own = np.array([[picture.mean, picture.std] for picture in pictures])
    return np.hstack([own, thumbnails.mean(axis=(1, 2)), thumbnails.std(axis=(1, 2))])


def _border(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    frame = np.ones((_SIDE, _SIDE), bool)
    frame[1:-1, 1:-1] = False
    return _small(pictures)[:, frame].reshape(len(pictures), -1)


def _without_centre(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    rest = np.ones((_SIDE, _SIDE), bool)
    rest[_CENTRE, _CENTRE] = False
    return _small(pictures)[:, rest].reshape(len(pictures), -1)


def _whole(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    return _small(pictures).reshape(len(pictures), -1)


def _small(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """Returns thumbnails [n, 16, 16, channels], one channel where all are grey."""
    assert THUMBNAIL % _SIDE == 0
    step = THUMBNAIL // _SIDE
    stack = np.stack([picture.thumbnail for picture in pictures]).astype(np.float64)
    small = stack.reshape(len(stack), _SIDE, step, _SIDE, step, 3).mean(axis=(2, 4))
    grey = bool((stack == stack[..., :1]).all())
    return small[..., :1] if grey else small


_GROUPS: Mapping[str, Callable[[Sequence[Picture]], NDArray[np.float64]]] = {
    "size and format": _size_and_format,
    "grey level and colour": _grey_and_colour,
    "border pixels": _border,
    "pixels without the centre": _without_centre,
    WHOLE: _whole,
}


# === Telling ===


def _sample(pictures: Sequence[Picture]) -> list[Picture]:
    """Returns all pictures, or those of as many patients as make about `_MOST`."""
    by_patient = sorted(pictures, key=lambda picture: (picture.patient, picture.filename))
    # The patient is a keyed hash: its order is as good as drawn by lot.
    return by_patient[:_MOST]


Folds = Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]


def _folds(labels: NDArray, patients: NDArray, count: int) -> Folds:
    """Returns (indices to learn from, indices to be told) of each fold; patients are kept whole."""
    # Here, as below: scikit-learn takes a second to import.
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=0)
    return list(splitter.split(labels, labels, patients))


def _cross_validate(
    matrix: NDArray[np.float64], labels: NDArray, folds: Folds
) -> NDArray[np.float64]:
    """Returns probabilities [n, classes], each by a model that did not see the patient."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # Strong regularisation: hundreds of pixels, and few images of a class.
    regression = LogisticRegression(C=0.05, class_weight="balanced", max_iter=1_000)
    answers: NDArray[np.float64] = cross_val_predict(
        make_pipeline(StandardScaler(), regression),
        matrix,
        labels,
        cv=folds,
        method="predict_proba",
    )
    return answers


def _row(
    name: str,
    answers: NDArray[np.float64],
    labels: NDArray,
    patients: NDArray,
    classes: list[str],
) -> Shortcut:
    from sklearn.metrics import roc_auc_score

    auc = {
        label: float(roc_auc_score(labels == label, answers[:, index]))
        for index, label in enumerate(classes)
    }
    right = np.array(classes)[answers.argmax(axis=1)] == labels
    low, high = _interval(right, labels, patients, classes)
    return Shortcut(
        name, auc, _balanced(right, labels, classes), low, high, chance=1 / len(classes)
    )


def _balanced(right: NDArray[np.bool_], labels: NDArray, classes: list[str]) -> float:
    return float(np.mean([right[labels == label].mean() for label in classes]))


def _interval(
    right: NDArray[np.bool_], labels: NDArray, patients: NDArray, classes: list[str]
) -> tuple[float, float]:
    """Returns the 95 % percentile interval of the balanced accuracy, patients drawn anew."""
    _, patient = np.unique(patients, return_inverse=True)
    people = patient.max() + 1
    draws = np.random.default_rng(0).multinomial(
        people, np.full(people, 1 / people), _RESAMPLES
    )  # how often each is drawn
    weights = draws[:, patient]
    recalls = []
    for label in classes:
        own = labels == label
        total = weights[:, own].sum(axis=1)
        with np.errstate(invalid="ignore"):  # a class that was not drawn
            recalls.append((weights[:, own] * right[own]).sum(axis=1) / total)
    low, high = np.nanpercentile(np.mean(recalls, axis=0), [2.5, 97.5])
    return float(low), float(high)
