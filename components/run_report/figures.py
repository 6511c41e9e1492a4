"""The figures of a class, of a slice and of the calibration, from the predictions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from components.evaluator.results import ClassResult, class_result
from components.run_report.predictions import Predictions

# Fewer images of a class say little: at 20 of 20 the interval still begins at 0.84.
SMALL = 20


@dataclass(frozen=True)
class SliceResult:
    """A part of the test split.

    Attributes:
        feature: e.g. `sex`.
        value: e.g. `F`.
        images: of the part.
        accuracy: share answered rightly.
        classes: a result for each class that the part has images of.
    """

    feature: str
    value: str
    images: int
    accuracy: float
    classes: tuple[ClassResult, ...]


@dataclass(frozen=True)
class Bin:
    """Answers of similar confidence.

    Attributes:
        confidence: mean of the highest probability.
        accuracy: share of right answers.
        images: in the bin.
    """

    confidence: float
    accuracy: float
    images: int


@dataclass(frozen=True)
class Deferral:
    """What remains when the least sure answers are left to a person, for growing shares.

    Attributes:
        deferred: share of the images, float64 [K], ascending from 0.
        accuracy: of the rest, float64 [K].
        lowest_recall: of any class in the rest, float64 [K]; a class with no image left counts not.
        threshold: top probability below which an answer is deferred, float64 [K].
    """

    deferred: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    lowest_recall: NDArray[np.float64]
    threshold: NDArray[np.float64]


# === By class ===


def class_results(
    predictions: Predictions, chosen: NDArray[np.bool_] | None = None
) -> tuple[ClassResult, ...]:
    """Returns a result for each class.

    Args:
        predictions: of the test split.
        chosen: bool [N], the images to count; by default all.
    """
    matrix = predictions.matrix(chosen)
    kept = np.ones(len(predictions.labels), bool) if chosen is None else chosen
    return tuple(
        class_result(matrix, index, label, auc(predictions, index, kept))
        for index, label in enumerate(predictions.classes)
    )


def auc(predictions: Predictions, index: int, chosen: NDArray[np.bool_]) -> float:
    """Returns the exact area under the ROC curve of a class against the rest; NaN if undefined."""
    truth = predictions.labels[chosen] == index
    if truth.all() or not truth.any():
        return math.nan
    return float(roc_auc_score(truth, predictions.probabilities[chosen, index]))


# === By slice ===


def slice_results(predictions: Predictions) -> Iterator[SliceResult]:
    """Yields a result for each value of each feature, the largest part of a feature first."""
    for feature, values in predictions.features.items():
        found = np.array([value is not None for value in values])
        for value in sorted({value for value in values if value is not None}):
            chosen = found & np.array([other == value for other in values])
            results = class_results(predictions, chosen)
            yield SliceResult(
                feature,
                value,
                int(chosen.sum()),
                float(predictions.right[chosen].mean()),
                tuple(_worth_showing(result) for result in results if result.cases),
            )


def _worth_showing(result: ClassResult) -> ClassResult:
    return replace(result, auc=math.nan) if result.cases < SMALL else result


# === Calibration and deferral ===


def reliability(predictions: Predictions, bins: int = 10) -> tuple[Bin, ...]:
    """Returns the occupied bins of equal width over the confidence."""
    if not len(predictions.labels):
        return ()
    confidence = predictions.confidence.astype(np.float64)
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        Bin(
            float(confidence[places == place].mean()),
            float(predictions.right[places == place].mean()),
            int((places == place).sum()),
        )
        for place in np.unique(places)
    )


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Returns the expected calibration error (Naeini 2015): 0 is best, NaN without images."""
    total = sum(found.images for found in bins)
    if not total:
        return math.nan
    return sum(abs(found.confidence - found.accuracy) * found.images for found in bins) / total


def deferral(predictions: Predictions) -> Deferral:
    """Follows the threshold upwards through every confidence that occurs; one image remains."""
    order = np.argsort(predictions.confidence, kind="stable")
    confidence = predictions.confidence[order].astype(np.float64)
    # Images of equal confidence are deferred together.
    starts = np.unique(confidence, return_index=True)[1]
    right, labels = predictions.right[order], predictions.labels[order]
    remaining = len(order) - starts
    recalls = np.full((len(starts), len(predictions.classes)), np.nan)
    for index in range(len(predictions.classes)):
        of_class = labels == index
        cases, hits = _from_here_on(of_class)[starts], _from_here_on(of_class & right)[starts]
        np.divide(hits, cases, out=recalls[:, index], where=cases > 0)
    return Deferral(
        deferred=starts / max(len(order), 1),
        accuracy=_from_here_on(right)[starts] / remaining,
        lowest_recall=np.nanmin(recalls, -1) if len(starts) else np.zeros(0),
        threshold=confidence[starts],
    )


def deferred_at(predictions: Predictions, threshold: float) -> tuple[int, float]:
    """Returns how many answers are below a threshold, and the accuracy of the others (or NaN)."""
    kept = predictions.confidence >= threshold
    accuracy = float(predictions.right[kept].mean()) if kept.any() else math.nan
    return int((~kept).sum()), accuracy


def _from_here_on(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns, for each place, how many flags stand there or later."""
    return flags[::-1].cumsum()[::-1].astype(np.float64)
