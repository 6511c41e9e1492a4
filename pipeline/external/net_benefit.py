"""Net benefit: whether acting on a model does more good than acting on everyone or on nobody.

The decision curve of Vickers and Elkin (2006, Medical Decision Making 26:565). A threshold of 0.2
is that of a person who would rather check four healthy people than miss one ill.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 13))  # to 0.6
SHOWN = (0.05, 0.1, 0.2, 0.3, 0.5)  # of these, in tables


@dataclass(frozen=True)
class NetBenefit:
    """The net benefit at one threshold, in true positives an image.

    Attributes:
        threshold: probability from which on somebody acts.
        model: acting where the model's probability reaches it.
        all: acting on every image; acting on none has 0.
    """

    threshold: float
    model: float
    all: float


def net_benefit(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> tuple[NetBenefit, ...]:
    """Returns the net benefit at each of `THRESHOLDS`.

    Args:
        truth: whether an image is of the class, bool [N].
        scores: its probability, [N].
    """
    found = []
    for threshold in THRESHOLDS:
        odds = threshold / (1 - threshold)
        acted = scores >= threshold
        model = (acted & truth).mean() - odds * (acted & ~truth).mean()
        found.append(
            NetBenefit(threshold, float(model), float(truth.mean() - odds * (~truth).mean()))
        )
    return tuple(found)
