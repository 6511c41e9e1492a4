"""Calibration: temperature scaling, and the expected calibration error.

Guo et al. 2017, "On Calibration of Modern Neural Networks": one number T divides the logits, which
keeps the order of the classes and the accuracy; an overconfident network gets T > 1. The logits
are not needed: the probabilities determine them up to a constant.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A probability that float32 rounded to 0 counts as this much.
SMALLEST = 1e-30
# All are tried, 2 % apart: the loss may have several minima.
_TEMPERATURES = np.geomspace(0.05, 20.0, 301)
_PRIOR_DEVIATION = 0.5
# Lower probabilities of the true class count as this much, or a single wrong label would decide.
_LEAST = 1e-4


@dataclass(frozen=True)
class Bin:
    """Predictions of similar confidence.

    Attributes:
        confidence: mean of the highest probability, in 0..1.
        accuracy: share of right predictions, in 0..1.
        images: number in the bin.
    """

    confidence: float
    accuracy: float
    images: int


def with_temperature(
    probabilities: NDArray[np.floating], temperature: float
) -> NDArray[np.float64]:
    """Returns the probabilities [N, C] after dividing their logits by `temperature`.

    Args:
        probabilities: [N, C] in 0..1.
        temperature: above 0; `1 / temperature` is the inverse.
    """
    logits = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST)) / temperature
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


def fit_temperature(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Returns the temperature with the highest posterior probability.

    The prior of log T is normal with mean 0 and standard deviation 0.5: a few images without an
    error change the temperature little, hundreds outweigh the prior.

    Args:
        probabilities: [N, C] of images that the network was not trained on.
        labels: indices of the true classes, int64 [N].

    Returns:
        Between 0.05 and 20; 1.0 without images.
    """
    if not len(labels):
        return 1.0

    def loss(temperature: float) -> float:
        found = with_temperature(probabilities, temperature)
        likelihood = np.log(np.maximum(found[np.arange(len(labels)), labels], _LEAST)).sum()
        return float(math.log(temperature) ** 2 / (2 * _PRIOR_DEVIATION**2) - likelihood)

    return float(min(_TEMPERATURES, key=loss))


def reliability(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], bins: int = 10
) -> tuple[Bin, ...]:
    """Returns the non-empty bins of the reliability diagram.

    Args:
        probabilities: [N, C].
        labels: indices of the true classes, int64 [N].
        bins: of equal width in 0..1.
    """
    if not len(labels):
        return ()
    confidence = probabilities.max(-1).astype(np.float64)
    right = probabilities.argmax(-1) == labels
    indices = np.minimum((confidence * bins).astype(int), bins - 1)
    found = []
    for index in np.unique(indices):
        chosen = indices == index
        found.append(
            Bin(float(confidence[chosen].mean()), float(right[chosen].mean()), int(chosen.sum()))
        )
    return tuple(found)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Returns the expected calibration error (Naeini 2015): 0 is best, NaN without images."""
    total = sum(found.images for found in bins)
    if not total:
        return math.nan
    return sum(abs(found.confidence - found.accuracy) * found.images for found in bins) / total
