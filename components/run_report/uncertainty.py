"""The effect of the uncertainty thresholds on the test split."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.gate.predictions import Predictions
from components.gate.results import ClassResult
from components.run_report.figures import class_results
from components.uncertainty.calibration import Bin, calibration_error, reliability, with_temperature
from components.uncertainty.clustered import clustered_interval
from components.uncertainty.summary import UncertaintySummary


@dataclass(frozen=True)
class Calibration:
    """How far probabilities are from the accuracy.

    Attributes:
        bins: of the reliability diagram.
        error: expected calibration error; NaN without images.
    """

    bins: tuple[Bin, ...]
    error: float


@dataclass(frozen=True)
class UncertaintyResults:
    """The effect of the uncertainty thresholds on the test split.

    Attributes:
        facts: of the eval split.
        images: of the test split.
        below: share of its predictions below the confidence threshold, in 0..1.
        uncertain: predictions flagged as uncertain, for either reason.
        certain: a result for each class, over the other predictions.
        out_of_distribution: images flagged as unlike the training images.
        ood_false_positive_rate: 95 % interval of their share, by patients; NaN without images.
        before: of the probabilities without temperature scaling; as `now` where each fold had a
            temperature of its own.
        now: as served.
    """

    facts: UncertaintySummary
    images: int
    below: float
    uncertain: int
    certain: tuple[ClassResult, ...]
    out_of_distribution: int
    ood_false_positive_rate: tuple[float, float]
    before: Calibration
    now: Calibration

    @property
    def lowest(self) -> ClassResult | None:
        """The class with the lowest recall among the predictions that are not uncertain."""
        found = [result for result in self.certain if result.cases]
        return min(found, key=lambda result: result.recall, default=None)


def uncertainty_results(
    predictions: Predictions, facts: UncertaintySummary, by_folds: bool = False
) -> UncertaintyResults:
    """Applies the thresholds that were chosen on the eval split to the predictions that decided.

    Args:
        predictions: of the test split, or of folds, each with its own temperature and thresholds.
        facts: of the model of the run.
        by_folds: whether they are of folds.
    """
    images = len(predictions.labels)
    numbers = np.unique(predictions.patients, return_inverse=True)[1]
    of_patient = np.bincount(numbers)
    flagged = np.bincount(numbers, predictions.out_of_distribution)
    out_of_distribution = int(predictions.out_of_distribution.sum())
    served = predictions.probabilities
    scaled = facts.temperature != 1 and not by_folds
    plain = with_temperature(served, 1 / facts.temperature) if scaled else served
    below = (predictions.confidence < facts.uncertain_below).sum()
    return UncertaintyResults(
        facts,
        images,
        float(below / images) if images else 0.0,
        int(predictions.uncertain.sum()),
        class_results(predictions, ~predictions.uncertain),
        out_of_distribution,
        clustered_interval(flagged, of_patient),
        _calibration(plain, predictions.labels),
        _calibration(served, predictions.labels),
    )


def _calibration(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> Calibration:
    bins = reliability(probabilities, labels)
    return Calibration(bins, calibration_error(bins))
