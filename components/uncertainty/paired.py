"""The interval of the difference of two shares that were measured on the same images.

Two models see the same images, so most of what makes an image hard is the same for both; only
images that one model gets right and the other wrong tell them apart. Tango's score interval (1998,
Statistics in Medicine 17:891-908) uses these, and does not collapse when there are none.

Where patients have several images, the counts are divided by a design effect first, as in
`clustered` (for matched pairs: Obuchowski 1998, Statistics in Medicine 17:1495-1507).
"""

from typing import Any

import numpy as np

from components.uncertainty.clustered import (
    Counts,
    cluster_variance,
    largest_effect,
    quantile,
    ratio,
    shrunk_effect,
)
from components.uncertainty.intervals import Z_95

_HALVINGS = 50  # of the range -1..1: bounds to the last digit that a double has


def tango_interval(gained: Any, lost: Any, cases: Any, z: Any = Z_95) -> tuple[Any, Any]:
    """Returns lower and upper bound of (gained - lost) / cases, in -1..1.

    Args:
        gained: cases that only the first model gets right; a number, or an array.
        lost: cases that only the second model gets right.
        cases: all, more than 0.
        z: quantile of the normal distribution; 1.96 for 95 %.
    """
    low = _bound(gained, lost, cases, z)
    high = -_bound(lost, gained, cases, z)
    return (float(low), float(high)) if np.ndim(low) == 0 else (low, high)


def paired_interval(one: Counts, other: Counts, both: Counts, cases: Counts) -> tuple[Any, Any]:
    """Returns the 95 % interval of the share of one model less that of the other, in -1..1.

    Args:
        one: images of each patient that the one model gets right, [..., m].
        other: that the other model gets right.
        both: that both get right.
        cases: images of each patient, at least 1.

    Returns:
        Floats, or arrays [...]; NaN without patients.
    """
    one, other, both, cases = (np.asarray(counts) for counts in (one, other, both, cases))
    if not cases.shape[-1]:
        return float("nan"), float("nan")
    gained, lost, total = one - both, other - both, cases.sum(-1)
    difference = (gained - lost).sum(-1) / total
    discordant = (gained + lost).sum(-1) / total
    residuals = gained - lost - difference[..., None] * cases
    effect = ratio(
        cluster_variance(residuals, total), (discordant - difference * difference) / total
    )
    effect = shrunk_effect(effect, ((gained + lost) > 0).sum(-1), cases)
    gained, lost, z = gained.sum(-1), lost.sum(-1), quantile(cases)
    low, high = tango_interval(gained / effect, lost / effect, total / effect, z)
    # Images that one model loses and as many that it gains are no evidence against a loss: at best
    # the bounds are those of the net change, with all images of a patient alike.
    largest = largest_effect(cases)
    net, none = (gained - lost) / largest, np.zeros_like(total)
    best, _ = tango_interval(np.maximum(net, 0), none, total / largest, z)
    _, worst = tango_interval(none, np.maximum(-net, 0), total / largest, z)
    low, high = np.minimum(low, best), np.maximum(high, worst)
    return (float(low), float(high)) if low.ndim == 0 else (low, high)


def _bound(gained: Any, lost: Any, cases: Any, z: Any) -> Any:
    """Returns the smallest difference that the score test does not reject, by bisection."""
    gained, lost, cases, z = np.broadcast_arrays(gained, lost, cases, z)
    low, high = np.full(cases.shape, -1.0), (gained - lost) / cases
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rejected = _score(gained, lost, cases, middle) > z
        low, high = np.where(rejected, middle, low), np.where(rejected, high, middle)
    return high


def _score(gained: Any, lost: Any, cases: Any, difference: Any) -> Any:
    """Returns Tango's score statistic of a difference; equations as in his section 3."""
    a = 2 * cases
    b = -gained - lost + (2 * cases - gained + lost) * difference
    c = -lost * difference * (1 - difference)
    # The share of `lost` cases that is most likely if `difference` is true.
    share = (np.sqrt(np.maximum(b * b - 4 * a * c, 0)) - b) / (2 * a)
    variance = cases * np.maximum(2 * share + difference * (1 - difference), 1e-300)
    return (gained - lost - cases * difference) / np.sqrt(variance)
