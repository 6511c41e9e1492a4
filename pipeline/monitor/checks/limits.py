"""Limits, so that the monitor as a whole raises a false alarm as rarely as a person can live with.

Many checks at once, each with an error rate of its own, would raise an alarm every week. And images
of one patient are alike, so that tests of independent images see differences where there are none.
Therefore the reference is resampled *by patient* (Efron & Tibshirani 1993): each resample draws a
reference and a week of as many images as were logged, from the same patients. The weeks of the
resamples are quiet, and the highest score of all checks in each is what quiet weeks reach; the
limit is the quantile of these maxima that belongs to the wanted rate (Westfall & Young 1993,
"Resampling-Based Multiple Testing").

Drawing the reference too matters: a small one differs from the truth as much as a week does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pipeline.monitor.checks.checks import Check
from pipeline.monitor.checks.estimated_recall import estimated_recall
from pipeline.monitor.checks.sample import Floats

YEAR = 365.25  # days
_BEYOND = 40  # resamples above the limit: so it is known to about a sixth
_LEAST = 1_000
_CELLS = 4_000_000  # weights in memory at once
_USUAL_TAIL = 0.975


@dataclass(frozen=True)
class Limits:
    """What is usual.

    Attributes:
        scale: of each check: its score is divided by it; 1 for independent images.
        limit: of the scaled scores of all checks.
        own_errors: of each check of an estimated recall, the standard deviation of the estimate in
            quiet weeks; NaN for other checks.
    """

    scale: tuple[float, ...]
    limit: float
    own_errors: tuple[float, ...]


def alarm_rate(false_alarms: float, days: float) -> float:
    """Returns the share of quiet runs that may raise an alarm.

    Args:
        false_alarms: in a year.
        days: of a run; the monitor is run once in so many days.
    """
    return false_alarms * days / YEAR


def limits_of(
    checks: Sequence[Check],
    patients: NDArray[np.int64],
    images: int,
    rate: float,
    seed: int = 0,
) -> Limits:
    """Resamples the reference.

    Args:
        checks: of the reference against anything.
        patients: number of the patient of each image of the reference, [N].
        images: that were logged.
        rate: share of quiet runs that may raise an alarm, in 0..1.
        seed: of the random numbers.
    """
    itself = [check.against_itself() for check in checks]
    draws = max(_LEAST, math.ceil(_BEYOND / rate))
    generator = np.random.default_rng(seed)
    scores, estimates = [], []
    at_once = max(1, min(draws, _CELLS // len(patients)))
    for start in range(0, draws, at_once):
        count = min(at_once, draws - start)
        drawn = [_weights(patients, size, count, generator) for size in (len(patients), images)]
        compared = [check.compare(*drawn) for check in itself]
        scores.append(np.stack([one.score for one in compared]))
        estimates.append(np.stack([_estimate(check, drawn[1]) for check in itself]))
    score = np.concatenate(scores, -1)
    highest = np.concatenate([_highest(*halves) for halves in _halves(score)])
    own = np.concatenate(estimates, -1).std(-1)
    return Limits(
        tuple(_scales(score).tolist()), float(np.quantile(highest, 1 - rate)), tuple(own.tolist())
    )


def _estimate(check: Check, weights: Floats) -> Floats:
    if check.kind != "recall" or check.samples is None:
        return np.full(len(weights), np.nan)
    estimates = estimated_recall(check.samples[0], weights)[:, check.index]
    return np.nan_to_num(estimates, nan=0.0)


def _halves(scores: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Returns each half of the resamples beside the other.

    Divided by a scale that they have set themselves, the highest scores of the resamples spread
    less than those of the weeks to come.
    """
    one, other = scores[:, ::2], scores[:, 1::2]
    return (one, other), (other, one)


def _highest(scores: Floats, others: Floats) -> Floats:
    """Returns the highest score of each resample, [B], on the scales of the others."""
    highest: Floats = (scores / _scales(others)[:, None]).max(0)
    return highest


def _scales(scores: Floats) -> Floats:
    """Returns the scale of each check, [K], of its scores, [K, B]."""
    return np.maximum(1.0, np.quantile(scores, _USUAL_TAIL, axis=-1) / ndtri(_USUAL_TAIL))


def _weights(
    patients: NDArray[np.int64], images: int, count: int, generator: np.random.Generator
) -> Floats:
    """Draws patients with replacement, so many that they have about as many images, [count, N]."""
    total = int(patients.max()) + 1
    drawn = max(1, round(images * total / len(patients)))
    times = generator.multinomial(drawn, np.full(total, 1 / total), count)
    return times[:, patients].astype(np.float64)
