"""Predictions grouped by patient, and the bounds that follow from them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from components.uncertainty.clustered import clustered_interval
from components.uncertainty.paired import paired_interval

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ClassBounds:
    """What the patients say about a class.

    Attributes:
        patients: with images of the class.
        recall: lower and upper bound of its 95 % interval; NaN without images.
        specificity: the same for the images of other classes.
    """

    patients: int
    recall: tuple[float, float]
    specificity: tuple[float, float]


@dataclass(frozen=True)
class Change:
    """The recall of a class beside that of the baseline.

    Attributes:
        before: recall of the baseline; NaN without images that both models predict.
        observed: recall of the model less that of the baseline, on the same images.
        low: lower bound of the 95 % interval of the difference.
        high: upper bound.
    """

    before: float
    observed: float
    low: float
    high: float


NO_CHANGE = Change(math.nan, math.nan, math.nan, math.nan)
NO_PATIENTS = ClassBounds(0, (math.nan, math.nan), (math.nan, math.nan))


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class PatientTable:
    """Images, grouped where patient, true class and predictions are the same.

    Attributes:
        patients: number of the patient, 0 to m - 1, int64 [k].
        labels: index of the true class, int64 [k].
        predicted: index of the predicted class, int64 [k].
        baseline: index of the class that the baseline predicts, int64 [k]; -1 where it has no
            prediction.
        images: how many of them, int64 [k].
    """

    patients: Ints
    labels: Ints
    predicted: Ints
    baseline: Ints
    images: Ints
    _bounds: dict[int, ClassBounds] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of_images(
        cls, patients: Sequence[str] | NDArray[np.str_], labels: Ints, predicted: Ints
    ) -> "PatientTable":
        """Builds the table from N images of one model; patients are hashes."""
        numbers = np.unique(np.asarray(patients), return_inverse=True)[1].astype(np.int64)
        alike = np.ones(len(numbers), np.int64)
        return cls(numbers, labels, predicted, -alike, alike)

    def bounds(self, index: int) -> ClassBounds:
        """Returns what the patients say about a class; several metrics ask for it."""
        if index not in self._bounds:
            self._bounds[index] = self._compute_bounds(index)
        return self._bounds[index]

    def _compute_bounds(self, index: int) -> ClassBounds:
        cases, hits = self._by_patient(
            self.labels == index, (self.labels == index) & (self.predicted == index)
        )
        others, rejected = self._by_patient(
            self.labels != index, (self.labels != index) & (self.predicted != index)
        )
        return ClassBounds(
            len(cases), clustered_interval(hits, cases), clustered_interval(rejected, others)
        )

    def change(self, index: int) -> Change:
        """Compares the recall of a class with that of the baseline, on images that both predict."""
        of_class = (self.labels == index) & (self.baseline >= 0)
        one, other = of_class & (self.predicted == index), of_class & (self.baseline == index)
        cases, of_one, of_other, both = self._by_patient(of_class, one, other, one & other)
        if not len(cases):
            return NO_CHANGE
        low, high = paired_interval(of_one, of_other, both, cases)
        total = cases.sum()
        before = of_other.sum() / total
        return Change(float(before), float(of_one.sum() / total - before), float(low), float(high))

    def _by_patient(self, *chosen: NDArray[np.bool_]) -> list[Ints]:
        """Returns the chosen images of each patient that has some of the first choice."""
        counts = [
            np.bincount(self.patients, self.images * mask).astype(np.int64) for mask in chosen
        ]
        return [found[counts[0] > 0] for found in counts]
