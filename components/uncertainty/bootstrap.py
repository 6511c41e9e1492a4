"""The percentile bootstrap over patients.

Efron & Tibshirani 1993, "An Introduction to the Bootstrap". Images of one patient are
alike, so patients are drawn with replacement, all their images together: drawing single images
would make the interval too narrow.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

SAMPLES = 2_000
_AT_ONCE = 100  # resamples of all patients that are held in memory together

Floats = NDArray[np.float64]


def patient_interval(
    patients: Sequence[str] | NDArray[np.str_],
    values: Floats,
    statistic: Callable[[Floats], Floats],
    samples: int = SAMPLES,
    seed: int = 0,
) -> tuple[float, float]:
    """Returns the 95 % interval of a statistic, from the 2.5th to the 97.5th percentile.

    The order of the images makes no difference.

    Args:
        patients: of each image, [n].
        values: of each image, numbers that can be added up, [n, ...]; for example its confusion
            matrix with a single 1.
        statistic: sums over the images of each resample [s, ...] → [s]. A resample for which it is
            not finite (it may have no image of a rare class) is left out.
        samples: number of resamples.
        seed: of the random numbers.

    Returns:
        Lower and upper bound; NaN if the statistic is never finite.
    """
    _, numbers = np.unique(np.asarray(patients), return_inverse=True)
    count = int(numbers.max()) + 1
    of_patient = np.zeros((count, *values.shape[1:]))
    np.add.at(of_patient, numbers, values)
    generator = np.random.default_rng(seed)
    found = []
    for start in range(0, samples, _AT_ONCE):
        drawn = generator.integers(0, count, (min(_AT_ONCE, samples - start), count))
        times = np.stack([np.bincount(row, minlength=count) for row in drawn])
        found.append(statistic(np.tensordot(times.astype(np.float64), of_patient, axes=1)))
    finite = np.concatenate(found)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.percentile(finite, [2.5, 97.5])
    return float(low), float(high)
