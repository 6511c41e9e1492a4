"""The Wilson score interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953).

Unlike the normal approximation it does not collapse to a point when every case is right, and it
keeps its coverage for the few dozen images of a rare class. SciPy's `binomtest` has it too, but for
one pair of integers only, and effective numbers of images are fractions.
"""

from typing import Any

import numpy as np

Z_95 = 1.959963984540054


def wilson_interval(hits: Any, cases: Any, z: Any = Z_95) -> tuple[Any, Any]:
    """Returns lower and upper bound of the share `hits / cases`, in 0..1.

    Args:
        hits: number of successes; a number, or an array of any shape.
        cases: number of trials; without any, both bounds are NaN.
        z: quantile of the normal distribution; 1.96 for 95 %.

    Returns:
        Floats, or arrays of the common shape.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        cases = np.where(np.asarray(cases) > 0, cases, np.nan)
        share = hits / cases
        spread = z * np.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases))
        centre = share + z * z / (2 * cases)
        scale = 1 + z * z / cases
    low, high = (
        np.maximum(0.0, (centre - spread) / scale),
        np.minimum(1.0, (centre + spread) / scale),
    )
    return (float(low), float(high)) if low.ndim == 0 else (low, high)
