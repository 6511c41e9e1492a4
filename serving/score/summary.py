"""The counts of a scored folder."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from serving.score.origin import Origin
from serving.score.rows import Row


@dataclass
class Summary:
    """Counts rows as they come.

    Attributes:
        origin: the model that predicts.
        total: images in the folder.
        started: when, on Python's monotonic clock, in seconds.
        labels: class → rows.
        uncertain: class → rows whose prediction is uncertain.
        failed: reason (the part of the error before its first colon) → rows.
        earlier: rows that were in the file before.
        elsewhere: rows of files that are no longer in the folder.
        scored: rows that were added, or will be once a gap is closed.
        saved: rows that are in the file, whatever they say.
    """

    origin: Origin
    total: int
    started: float = field(default_factory=time.monotonic)
    labels: Counter[str] = field(default_factory=Counter)
    uncertain: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    earlier: int = 0
    elsewhere: int = 0
    scored: int = 0
    saved: int = 0

    @property
    def done(self) -> int:
        """Images of the folder that have their row."""
        return self.earlier - self.elsewhere + self.scored

    @property
    def rate(self) -> float:
        """Images scored in a second."""
        return self.scored / max(time.monotonic() - self.started, 1e-9)

    def count_earlier(self, row: Row) -> None:
        """Counts a row that was in the file before."""
        self.earlier += 1
        self._count(row)

    def count_scored(self, rows: Sequence[Row]) -> None:
        """Counts rows that are new."""
        self.scored += len(rows)
        for row in rows:
            self._count(row)

    def _count(self, row: Row) -> None:
        if row.error:
            self.failed[row.error.partition(":")[0]] += 1
        else:
            self.labels[row.label] += 1
            self.uncertain[row.label] += bool(row.uncertain)
