"""Holm's correction for several tests (1979, Scandinavian Journal of Statistics 6:65-70)."""

from collections.abc import Sequence

import numpy as np


def holm(values: Sequence[float]) -> list[float]:
    """Returns adjusted p-values: of all below 0.05, any is wrong in at most one of twenty cases.

    Args:
        values: p-values, in any order.
    """
    order = np.argsort(values)
    factors = np.arange(len(values), 0, -1)
    ascending = np.minimum(1, np.maximum.accumulate(np.asarray(values)[order] * factors))
    return [float(value) for value in ascending[np.argsort(order)]]
