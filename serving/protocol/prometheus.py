"""Counters and histograms in Prometheus's text format.

The text is written here, as Prometheus's own Python client appends `_total` to counters, which
TensorFlow Serving does not.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_Key = tuple[str, ...]


class _Histogram(NamedTuple):
    counts: list[int]  # by bucket, the last one without limit
    total: list[float]  # one element: the sum of all values


class Counter:
    """A number that grows, for each set of label values.

    Args:
        name: as Prometheus shows it.
        labels: names of the labels.
    """

    def __init__(self, name: str, *labels: str) -> None:
        self.name, self._labels = name, labels
        self._counts: dict[_Key, int] = {}
        self._lock = threading.Lock()

    def add(self, *values: str) -> None:
        """Counts one more under these label values."""
        with self._lock:
            self._counts[values] = self._counts.get(values, 0) + 1

    def lines(self) -> list[str]:
        """Returns Prometheus's text."""
        with self._lock:
            counts = sorted(self._counts.items())
        return [
            f"# TYPE {self.name} counter",
            *(f"{self.name}{braces(self._labels, key)} {count}" for key, count in counts),
        ]


class Histogram:
    """How values are distributed, for each set of label values.

    Args:
        name: as Prometheus shows it.
        labels: names of the labels.
        limits: upper limits of the buckets, ascending; one without limit is added.
    """

    def __init__(self, name: str, *labels: str, limits: Sequence[float]) -> None:
        self.name, self._labels, self._limits = name, labels, list(limits)
        self._found: dict[_Key, _Histogram] = {}
        self._lock = threading.Lock()

    def add(self, *values: str, value: float) -> None:
        """Counts a value under these label values."""
        with self._lock:
            if values not in self._found:
                self._found[values] = _Histogram([0] * (len(self._limits) + 1), [0.0])
            histogram = self._found[values]
            histogram.counts[bisect_left(self._limits, value)] += 1
            histogram.total[0] += value

    def lines(self) -> list[str]:
        """Returns Prometheus's text."""
        lines = [f"# TYPE {self.name} histogram"]
        with self._lock:
            found = {key: (list(h.counts), h.total[0]) for key, h in self._found.items()}
        limits = [*(f"{limit:g}" for limit in self._limits), "+Inf"]
        for key, (counts, total) in sorted(found.items()):
            for limit, count in zip(limits, accumulate(counts), strict=True):
                bucket = braces((*self._labels, "le"), (*key, limit))
                lines.append(f"{self.name}_bucket{bucket} {count}")
            lines.append(f"{self.name}_sum{braces(self._labels, key)} {total:g}")
            lines.append(f"{self.name}_count{braces(self._labels, key)} {sum(counts)}")
        return lines


def braces(names: Iterable[str], values: Iterable[str]) -> str:
    """Returns labels as the text has them: {name="value"}."""
    pairs = (f'{name}="{_escape(value)}"' for name, value in zip(names, values, strict=True))
    return "{" + ",".join(pairs) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
