"""The Wilson score interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953).

Unlike the normal approximation it does not collapse to a point when every case is right, and it
keeps its coverage for the few dozen images of a rare class. SciPy's `binomtest` has it too, but for
integers only, and TFMA counts in floats.
"""

import math

Z_95 = 1.959963984540054


def wilson_interval(hits: float, cases: float, z: float = Z_95) -> tuple[float, float]:
    """Returns lower and upper bound of the share `hits / cases`, in 0..1.

    Args:
        hits: number of successes.
        cases: number of trials; without any, both bounds are NaN.
        z: quantile of the normal distribution; 1.96 for 95 %.
    """
    if cases <= 0:
        return math.nan, math.nan
    share = hits / cases
    spread = z * math.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases))
    centre = share + z * z / (2 * cases)
    scale = 1 + z * z / cases
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
