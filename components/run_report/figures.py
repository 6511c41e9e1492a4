"""The metrics of a class and of a slice, from the predictions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.gate import results
from components.gate.predictions import Predictions
from components.gate.results import ClassResult
from components.runtime.text import natural_order

# With fewer images of a class a metric is not reliable: even 20 of 20 has a lower bound of 0.84.
SMALL = 20


@dataclass(frozen=True)
class SliceResult:
    """A part of the test split.

    Attributes:
        feature: e.g. `sex`.
        value: e.g. `F`.
        images: of the part.
        accuracy: share of right predictions.
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
    kept = slice(None) if chosen is None else chosen
    return results.class_results(
        predictions.labels[kept],
        predictions.probabilities[kept],
        predictions.classes,
        np.array(predictions.patients)[kept],
    )


# === By slice ===


def slice_results(predictions: Predictions) -> Iterator[SliceResult]:
    """Yields a result for each value of each feature."""
    for feature, values in predictions.features.items():
        found = np.array([value is not None for value in values])
        for value in sorted({value for value in values if value is not None}, key=natural_order):
            chosen = found & np.array([other == value for other in values])
            by_class = class_results(predictions, chosen)
            yield SliceResult(
                feature,
                value,
                int(chosen.sum()),
                float(predictions.right[chosen].mean()),
                tuple(
                    replace(result, auc=math.nan) if result.cases < SMALL else result
                    for result in by_class
                    if result.cases
                ),
            )
