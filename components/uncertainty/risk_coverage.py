"""What is gained when the least sure answers are left to a person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RiskCoverageCurve:
    """What remains when the least sure answers are left to a person, for growing shares.

    Attributes:
        deferred: share of the images, float64 [K], ascending from 0.
        accuracy: of the rest, float64 [K].
        lowest_recall: of any class in the rest, float64 [K]; a class with no image left counts not.
        every_class: whether the rest has images of every class that there were any of, bool [K].
        threshold: top probability below which an answer is deferred, float64 [K].
    """

    deferred: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    lowest_recall: NDArray[np.float64]
    every_class: NDArray[np.bool_]
    threshold: NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """Where answers become uncertain.

    Attributes:
        below: top probability below which an answer is uncertain; 0: none is.
        deferred: share of the images that are then left to a person.
        lowest_recall: of any class among the others.
    """

    below: float
    deferred: float
    lowest_recall: float


def risk_coverage_curve(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64]
) -> RiskCoverageCurve:
    """Follows the threshold upwards through every confidence that occurs; one image remains.

    Args:
        probabilities: [N, C].
        labels: the true classes, [N].
    """
    confidence = probabilities.max(-1)
    order = np.argsort(confidence, kind="stable")
    confidence = confidence[order].astype(np.float64)
    # Images of equal confidence are deferred together.
    starts = np.unique(confidence, return_index=True)[1]
    right, truth = (probabilities.argmax(-1) == labels)[order], labels[order]
    classes = np.unique(labels)
    recalls = np.full((len(starts), len(classes)), np.nan)
    for place, label in enumerate(classes):
        of_class = truth == label
        cases, hits = _from_here_on(of_class)[starts], _from_here_on(of_class & right)[starts]
        np.divide(hits, cases, out=recalls[:, place], where=cases > 0)
    return RiskCoverageCurve(
        deferred=starts / max(len(order), 1),
        accuracy=_from_here_on(right)[starts] / (len(order) - starts),
        lowest_recall=np.nanmin(recalls, -1) if len(starts) else np.zeros(0),
        every_class=~np.isnan(recalls).any(-1),
        threshold=confidence[starts],
    )


def choose_threshold(curve: RiskCoverageCurve, wanted_recall: float, most: float) -> Threshold:
    """Returns the lowest threshold above which every class reaches the wanted recall.

    If none does without leaving more than a share of `most` to a person, the one that comes
    nearest to it.

    Args:
        curve: of images that the network did not learn from.
        wanted_recall: of every class, among the answers that are not uncertain.
        most: largest share of the images that may be left to a person.
    """
    allowed = np.flatnonzero((curve.deferred <= most) & curve.every_class)
    if not len(allowed):
        return Threshold(0.0, 0.0, np.nan)
    recalls = curve.lowest_recall[allowed]
    reached = recalls >= min(wanted_recall, recalls.max())
    place = allowed[reached.argmax()]
    # Nothing is deferred at the lowest confidence that occurred, and nothing should be below it.
    below = float(curve.threshold[place]) if place else 0.0
    return Threshold(below, float(curve.deferred[place]), float(curve.lowest_recall[place]))


def threshold_at(curve: RiskCoverageCurve, below: float) -> Threshold:
    """Returns what a threshold does that was chosen otherwise."""
    place = int(np.searchsorted(curve.threshold, below))
    if place == len(curve.threshold):
        return Threshold(below, 1.0 if place else 0.0, np.nan)
    return Threshold(below, float(curve.deferred[place]), float(curve.lowest_recall[place]))


def _from_here_on(flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns, for each place, how many flags stand there or later."""
    return flags[::-1].cumsum()[::-1].astype(np.float64)
