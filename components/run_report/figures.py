"""The figures of a class and of a slice, from the predictions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from components.gate.results import ClassResult, class_result
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
