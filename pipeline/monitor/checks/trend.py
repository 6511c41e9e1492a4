"""The figures of one span after the other, for trend lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline.monitor.checks.estimated_recall import hits_and_cases, recall_of
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
    history: Iterable[Logged],
    since: datetime,
    until: datetime,
    classes: tuple[str, ...],
) -> tuple[Point, ...]:
    """Returns the spans that have predictions, the oldest first.

    Args:
        logged: of the last span.
        history: of those before, in parts, of which one is in memory at a time.
        since: start of the last one.
        until: its end.
        classes: in the order of the probabilities.
    """
    length = until - since
    starts = [since - back * length for back in range(1, SPANS)]
    sums = {start: _Sums(len(classes)) for start in starts}
    for part in history:
        for start in starts:
            sums[start].add(part.between(start, start + length))
    sums[since] = _Sums(len(classes))
    sums[since].add(logged)
    return tuple(
        sums[start].point(start, classes) for start in sorted(sums) if sums[start].predictions
    )


class _Sums:
    """What the figures of a span are made of."""

    def __init__(self, classes: int) -> None:
        self.predictions = 0
        self._predicted, self._hits, self._cases = np.zeros((3, classes))
        self._flags = np.zeros((2, 2))  # uncertain, out of distribution: images, and known ones

    def add(self, part: Logged) -> None:
        """Adds predictions."""
        if not len(part):
            return
        hits, cases = hits_and_cases(part.probabilities.astype(np.float64))
        self.predictions += len(part)
        self._predicted += (hits > 0).sum(0)
        self._hits += hits.sum(0)
        self._cases += cases.sum(0)
        for sums, flags in zip(
            self._flags, (part.uncertain, part.out_of_distribution), strict=True
        ):
            sums += np.nansum(flags), np.isfinite(flags).sum()

    def point(self, start: datetime, classes: tuple[str, ...]) -> Point:
        """Returns the figures."""
        with np.errstate(divide="ignore", invalid="ignore"):
            rates = self._flags[:, 0] / self._flags[:, 1]
        recalls = recall_of(self._hits, self._cases)
        shares = self._predicted / self.predictions
        return Point(
            since=start.isoformat(timespec="minutes"),
            predictions=self.predictions,
            shares=dict(zip(classes, shares.tolist(), strict=True)),
            recalls=dict(zip(classes, recalls.tolist(), strict=True)),
            uncertain=float(rates[0]),
            out_of_distribution=float(rates[1]),
        )
