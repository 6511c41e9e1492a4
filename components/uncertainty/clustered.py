"""The interval of a share of images, where a patient may have several of them.

Images of a patient are alike, so they say less than as many images of different patients. Rao and
Scott (1992, Biometrics 48:577-585, "A simple method for the analysis of clustered binary data")
estimate from the patients by how much the variance grows, the design effect, and divide hits and
cases by it; Wilson's interval of these effective numbers is the interval of the share.

Two corrections for few patients:

- With m patients the variance is known with m - 1 degrees of freedom, hence the quantile of
  Student's t (Korn & Graubard 1998, Survey Methodology 24:193-201).
- Where hardly any patient has a wrong image, the data can't show whether wrong images come
  together. So the correlation between images of a patient is averaged with 1, its largest value, as
  if one more patient had shown that. If all images are right, each patient counts about as one
  image; no other result has a higher lower bound.

`benchmarks/gate_coverage.py` measures how often the interval holds the true share.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.uncertainty.intervals import Z_95, wilson_interval

Counts = NDArray[Any]


def design_effect(hits: Counts, cases: Counts) -> Any:
    """Returns the variance of the share, over that of as many independent images (Rao & Scott).

    Args:
        hits: of each patient, [..., m].
        cases: images of each patient, at least 1, [..., m].

    Returns:
        [...]; NaN where all images are hits or none is, or for a single patient.
    """
    total = cases.sum(-1)
    share = hits.sum(-1) / total
    binomial = share * (1 - share) / total
    return ratio(cluster_variance(hits - share[..., None] * cases, total), binomial)


def shrunk_effect(effect: Any, informative: Any, cases: Counts) -> Any:
    """Returns a design effect that is careful where few patients show it.

    Args:
        effect: as estimated, [...]; NaN if it can't be.
        informative: patients that show something about it, [...].
        cases: images of each patient, [..., m].
    """
    largest = largest_effect(cases)
    correlation = np.clip(np.nan_to_num(ratio(effect - 1, largest - 1), nan=0.0), 0.0, 1.0)
    correlation = (informative * correlation + 1) / (informative + 1)
    return 1 + (largest - 1) * correlation


def largest_effect(cases: Counts) -> Any:
    """Returns the design effect if all images of a patient were alike, [...]."""
    return (cases * cases).sum(-1) / cases.sum(-1)


def quantile(cases: Counts) -> Any:
    """Returns the 97.5 % quantile for m patients, [...]; the normal one if each has one image."""
    from scipy.special import stdtrit  # `scipy.stats` takes half a second to import

    freedom = np.full(cases.shape[:-1], max(1, cases.shape[-1] - 1))
    return np.where((cases > 1).any(-1), stdtrit(freedom, 0.975), Z_95)


def effective_counts(hits: Counts, cases: Counts) -> tuple[Any, Any]:
    """Returns hits and cases as if each image were of another patient, [...] each.

    Args:
        hits: of each patient, [..., m].
        cases: images of each patient, at least 1, [..., m].
    """
    informative = np.minimum((hits < cases).sum(-1), (hits > 0).sum(-1))
    effect = shrunk_effect(design_effect(hits, cases), informative, cases)
    return hits.sum(-1) / effect, cases.sum(-1) / effect


def clustered_interval(hits: Counts, cases: Counts) -> tuple[Any, Any]:
    """Returns lower and upper bound of the 95 % interval of a share of images, in 0..1.

    Where every patient has one image this is Wilson's interval.

    Args:
        hits: of each patient, [..., m].
        cases: images of each patient, at least 1, [..., m].

    Returns:
        Floats, or arrays [...]; NaN without patients.
    """
    hits, cases = np.asarray(hits), np.asarray(cases)
    if not cases.shape[-1]:
        return wilson_interval(hits.sum(-1), cases.sum(-1))
    z = quantile(cases)
    low, high = wilson_interval(*effective_counts(hits, cases), z)
    # The highest lower bound; by symmetry, one less it is the lowest upper bound.
    independent = cases.sum(-1) / largest_effect(cases)
    best, _ = wilson_interval(independent, independent, z)
    low, high = np.minimum(low, best), np.maximum(high, 1 - best)
    return (float(low), float(high)) if low.ndim == 0 else (low, high)


def cluster_variance(residuals: NDArray[np.floating], total: Any) -> Any:
    """Returns the variance of a share, from the patients (Rao & Scott 1992, section 2).

    Args:
        residuals: of each patient, hits less what the share of all makes of its images, [..., m].
        total: images of all patients, [...].
    """
    patients = residuals.shape[-1]
    return ratio(patients * (residuals**2).sum(-1), (patients - 1) * total**2)


def ratio(part: Any, whole: Any) -> Any:
    """Returns part / whole, NaN where whole is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, np.divide(part, whole), np.nan)
