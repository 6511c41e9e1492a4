"""Two-sample statistics of weighted rows, for many weights at once.

A weight is how often a row counts: 1 for what was observed; in a resample, how often its patient
was drawn. Each statistic becomes a score: the quantile of the normal distribution that belongs to
its p-value as if all images were independent, from 0 (as usual, or more alike than that) upwards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

_LEAST_P = 1e-300  # score 37


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Compared:
    """The difference of two samples.

    Attributes:
        effect: its size, [B].
        score: how unusual it is, [B], from 0 on.
    """

    effect: Floats
    score: Floats


def score_of(p: Floats) -> Floats:
    """Returns the score of p-values."""
    return -special.ndtri(np.clip(p, _LEAST_P, 0.5))


def kolmogorov_smirnov(one: Floats, weights: Floats, other: Floats, others: Floats) -> Compared:
    """Compares two distributions of a number; the effect is the statistic D, in 0..1.

    The p-value is asymptotic (Smirnov 1948, Annals of Mathematical Statistics 19:279-281).

    Args:
        one: values, [n].
        weights: of these, [B, n]; the sum of each row is positive.
        other: values, [m].
        others: weights of these, [B, m].
    """
    grid = np.unique(np.concatenate([one, other]))
    distance = np.abs(_cumulative(one, weights, grid) - _cumulative(other, others, grid)).max(-1)
    n, m = weights.sum(-1), others.sum(-1)
    return Compared(distance, score_of(special.kolmogorov(np.sqrt(n * m / (n + m)) * distance)))


def _cumulative(values: Floats, weights: Floats, grid: Floats) -> Floats:
    """Returns the share of the weights at or below each value of the grid, [B, len(grid)]."""
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[:, order], axis=-1)
    sums = np.concatenate([np.zeros((len(sums), 1)), sums], axis=-1)
    return sums[:, np.searchsorted(values[order], grid, "right")] / sums[:, -1:]


def chi_squared(counts: Floats, others: Floats) -> Compared:
    """Compares the shares of categories; the effect is Cramér's V, in 0..1.

    Args:
        counts: of each category, [B, K].
        others: of the same in the other sample, [B, K].
    """
    n, m = counts.sum(-1, keepdims=True), others.sum(-1, keepdims=True)
    both = counts + others
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [(x - both * of / (n + m)) ** 2 / (both * of / (n + m))
                 for x, of in ((counts, n), (others, m))]  # fmt: skip
    statistic = np.nan_to_num(np.add(*terms), nan=0.0).sum(-1)
    freedom = np.maximum((both > 0).sum(-1) - 1, 1)
    return Compared(
        np.sqrt(statistic / (n + m)[:, 0]), score_of(special.chdtrc(freedom, statistic))
    )


def shares(hits: Floats, n: Floats, others: Floats, m: Floats) -> Compared:
    """Compares two shares; the effect is the other share less the one, in -1..1.

    The arcsine makes the variance of small shares known (Anscombe 1948, Biometrika 35:246-254).

    Args:
        hits: among the `n` of the one sample, [B].
        n: images, [B].
        others: hits among the `m` of the other sample, [B].
        m: images, [B].
    """
    angles = [np.arcsin(np.sqrt((x + 0.375) / (of + 0.75))) for x, of in ((hits, n), (others, m))]
    z = 2 * (angles[1] - angles[0]) / np.sqrt(1 / n + 1 / m)
    return Compared(others / m - hits / n, score_of(2 * special.ndtr(-np.abs(z))))
