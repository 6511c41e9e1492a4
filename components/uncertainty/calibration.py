"""Probabilities that mean what they say: temperature scaling, and how far off they are.

Guo et al. 2017, "On Calibration of Modern Neural Networks": one number T divides the logits, so
that answers keep their order and the accuracy stays; a network that is too sure of itself gets
T > 1. Logits are known up to a constant from the probabilities, so nothing here asks for them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Its logarithm stands in for that of a probability which float32 rounded to 0.
SMALLEST = 1e-30
# All are tried, 2 % apart: the loss may have several valleys.
_TEMPERATURES = np.geomspace(0.05, 20.0, 301)
_PRIOR_DEVIATION = 0.5
# No image costs more than this probability does: one with a wrong label would flatten all answers.
_LEAST = 1e-4


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


def with_temperature(
    probabilities: NDArray[np.floating], temperature: float
) -> NDArray[np.float64]:
    """Returns the probabilities [N, C] as they would be with their logits divided by `temperature`.

    `1 / temperature` leads back.
    """
    logits = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST)) / temperature
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


def fit_temperature(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Returns the temperature at which the probabilities explain the labels best.

    The most probable one, if before any image is seen log T is normal with mean 0 and deviation
    0.5: a few images without a mistake do not make a network certain, hundreds say what they say.

    Args:
        probabilities: [N, C] of images that the network did not learn from.
        labels: the true classes, [N].

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
    """Returns the occupied bins of equal width over the confidence of [N, C] probabilities."""
    if not len(labels):
        return ()
    confidence = probabilities.max(-1).astype(np.float64)
    right = probabilities.argmax(-1) == labels
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        Bin(
            float(confidence[places == place].mean()),
            float(right[places == place].mean()),
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
