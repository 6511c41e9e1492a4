"""Subgroups in which a class is found less often than in the other images, beyond chance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.gate.predictions import Predictions
from components.uncertainty.clustered import effective_counts
from components.uncertainty.holm import holm

LEVEL = 0.05
_FEWEST = 5  # patients on either side


@dataclass(frozen=True)
class Alarm:
    """A subgroup with a lower recall.

    Attributes:
        feature: e.g. `site`.
        value: e.g. `b`.
        label: the class.
        recall: in the subgroup.
        others: recall in the other images of the class.
        p: one-sided p-value, corrected for the number of subgroups and classes (Holm).
    """

    feature: str
    value: str
    label: str
    recall: float
    others: float
    p: float


def slice_alarms(predictions: Predictions) -> list[Alarm]:
    """Returns the subgroups with a lower recall, the surest first."""
    found = [
        alarm
        for feature, values in predictions.features.items()
        for value in sorted({value for value in values if value is not None})
        for alarm in _compare(predictions, feature, value)
    ]
    adjusted = holm([alarm.p for alarm in found])
    alarms = [
        Alarm(one.feature, one.value, one.label, one.recall, one.others, p)
        for one, p in zip(found, adjusted, strict=True)
        if p < LEVEL
    ]
    return sorted(alarms, key=lambda alarm: alarm.p)


def _compare(predictions: Predictions, feature: str, value: str) -> list[Alarm]:
    values = np.array([other or "" for other in predictions.features[feature]])
    known = np.array([other is not None for other in predictions.features[feature]])
    inside = values == value
    found = []
    for index, label in enumerate(predictions.classes):
        of_class = (predictions.labels == index) & known
        within, without = (_counts(predictions, of_class & side) for side in (inside, ~inside))
        if within is None or without is None:
            continue
        (hits, cases), (other_hits, other_cases) = within, without
        p = _lower(hits, cases, other_hits, other_cases)
        found.append(Alarm(feature, value, label, hits / cases, other_hits / other_cases, p))
    return found


def _counts(predictions: Predictions, chosen: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Returns effective hits and cases; None with too few patients."""
    names, numbers = np.unique(np.array(predictions.patients)[chosen], return_inverse=True)
    if len(names) < _FEWEST:
        return None
    hits, cases = effective_counts(
        np.bincount(numbers, predictions.right[chosen]), np.bincount(numbers)
    )
    return float(hits), float(cases)


def _lower(hits: float, cases: float, other_hits: float, other_cases: float) -> float:
    """Returns the one-sided p-value of the score test that the first share is lower."""
    pooled = (hits + other_hits) / (cases + other_cases)
    variance = pooled * (1 - pooled) * (1 / cases + 1 / other_cases)
    if not variance:
        return 1.0
    difference = hits / cases - other_hits / other_cases
    return 0.5 * math.erfc(-difference / math.sqrt(2 * variance))
