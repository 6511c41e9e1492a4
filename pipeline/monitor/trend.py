"""The figures of one span after the other, for trend lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline.monitor.estimated_recall import estimated_recall
from pipeline.monitor.sample import sample_of
from serving.request_log.reader import Logged

SPANS = 12  # at most, with the last one


@dataclass(frozen=True)
class Point:
    """The figures of a span.

    Attributes:
        since: its first moment, ISO 8601, UTC.
        predictions: in it; at least one.
        shares: of the predicted classes.
        recalls: of each class, estimated without labels.
        uncertain: share of the predictions; NaN where it is not known.
        out_of_distribution: the same.
    """

    since: str
    predictions: int
    shares: Mapping[str, float]
    recalls: Mapping[str, float]
    uncertain: float
    out_of_distribution: float


def trend_of(
    logged: Logged,
    history: Logged,
    since: datetime,
    until: datetime,
    classes: tuple[str, ...],
) -> tuple[Point, ...]:
    """Returns the spans that have predictions, the oldest first.

    Args:
        logged: of the last span.
        history: of those before.
        since: start of the last one.
        until: its end.
        classes: in the order of the probabilities.
    """
    found = []
    for back in reversed(range(SPANS)):
        start = since - back * (until - since)
        part = history.between(start, start + (until - since)) if back else logged
        if len(part):
            found.append(_point(start, part, classes))
    return tuple(found)


def _point(start: datetime, part: Logged, classes: tuple[str, ...]) -> Point:
    sample = sample_of(part)
    shares = np.bincount(sample.predicted, minlength=len(classes)) / len(sample)
    recalls = estimated_recall(sample, np.ones((1, len(sample))))[0]
    return Point(
        since=start.isoformat(timespec="minutes"),
        predictions=len(part),
        shares=dict(zip(classes, shares.tolist(), strict=True)),
        recalls=dict(zip(classes, recalls.tolist(), strict=True)),
        uncertain=_share(sample.uncertain),
        out_of_distribution=_share(sample.out_of_distribution),
    )


def _share(flags: np.ndarray) -> float:
    known = flags[np.isfinite(flags)]
    return float(known.mean()) if len(known) else float("nan")
