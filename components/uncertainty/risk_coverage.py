"""The risk-coverage curve: what is gained when the least confident predictions go to a person.

El-Yaniv & Wiener 2010, "On the Foundations of Noise-free Selective Classification".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Of probabilities: sixteen times the spacing of float32 just below 1.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class RiskCoverageCurve:
    """Accuracy and recall of the rest, while more of the least confident images are deferred.

    Attributes:
        deferred: share of the images that are left to a person, float64 [K], ascending from 0.
        accuracy: of the rest, float64 [K].
        lowest_recall: of any class that the rest has images of, float64 [K].
        every_class: whether the rest has images of every class that occurs, bool [K].
        threshold: lowest top probability of the rest, float64 [K], ascending.
    """

    deferred: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    lowest_recall: NDArray[np.float64]
    every_class: NDArray[np.bool_]
    threshold: NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """The threshold below which predictions are uncertain, and its effect.

    Attributes:
        below: top probability below which a prediction is uncertain; 0: none is.
        deferred: share of the images that are then left to a person.
        lowest_recall: of any class among the others; NaN where no image remains.
    """

    below: float
    deferred: float
    lowest_recall: float


def risk_coverage_curve(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> RiskCoverageCurve:
    """Raises the threshold through every confidence that occurs, until the last images remain.

    Args:
        probabilities: [N, C] in 0..1.
        labels: indices of the true classes, int64 [N].
    """
    confidence = probabilities.max(-1)
    order = np.argsort(confidence, kind="stable")
    confidence = confidence[order].astype(np.float64)
    # Images of equal confidence are deferred together.
    starts = np.unique(confidence, return_index=True)[1]
    right, truth = (probabilities.argmax(-1) == labels)[order], labels[order]
    classes = np.unique(labels)
    recalls = np.full((len(starts), len(classes)), np.nan)
    for index, label in enumerate(classes):
        of_class = truth == label
        cases, hits = _from_here_on(of_class)[starts], _from_here_on(of_class & right)[starts]
        np.divide(hits, cases, out=recalls[:, index], where=cases > 0)
    return RiskCoverageCurve(
        deferred=starts / max(len(order), 1),
        accuracy=_from_here_on(right)[starts] / (len(order) - starts),
        lowest_recall=np.nanmin(recalls, -1) if len(starts) else np.zeros(0),
        every_class=~np.isnan(recalls).any(-1),
        threshold=confidence[starts],
    )


def choose_threshold(curve: RiskCoverageCurve, wanted_recall: float, most: float) -> Threshold:
    """Returns the lowest threshold above which every class reaches the wanted recall.

    If none does without deferring more than `most`, the threshold with the highest such recall.
    The threshold lies midway between two confidences that are further apart than rounding can move
    them, so that the same images are deferred when the probabilities are computed again.

    Args:
        curve: of images that the network was not trained on.
        wanted_recall: of every class, among the predictions that are not uncertain, in 0..1.
        most: largest share of the images that may be deferred, in 0..1.
    """
    gaps = np.diff(curve.threshold, prepend=-np.inf)
    allowed = np.flatnonzero((curve.deferred <= most) & curve.every_class & (gaps > 2 * _ROUNDING))
    if not len(allowed):
        return Threshold(0.0, 0.0, np.nan)
    recalls = curve.lowest_recall[allowed]
    reached = recalls >= min(wanted_recall, recalls.max())
    index = allowed[reached.argmax()]
    # The first point of the curve defers nothing, and neither should its threshold on other images.
    below = float(curve.threshold[index] - gaps[index] / 2) if index else 0.0
    return Threshold(below, float(curve.deferred[index]), float(curve.lowest_recall[index]))


def threshold_at(curve: RiskCoverageCurve, below: float) -> Threshold:
    """Returns what a given threshold does.

    Args:
        curve: of images that the network was not trained on.
        below: top probability below which a prediction is uncertain, in 0..1.
    """
    index = int(np.searchsorted(curve.threshold, below))
    if index == len(curve.threshold):
        return Threshold(below, 1.0 if index else 0.0, np.nan)
    return Threshold(below, float(curve.deferred[index]), float(curve.lowest_recall[index]))


def _from_here_on(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns, for each index, how many flags are set there or later."""
    return flags[::-1].cumsum()[::-1].astype(np.float64)
