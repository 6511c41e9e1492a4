"""Shows many trainings while they run: a lasting line each, the nodes on the live line alone."""

import time

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from components.recipe.data import Fold
from pipeline.compare.criterion import balanced_accuracy
from pipeline.runs.display import Display, duration
from pipeline.runs.records import NodeRecord


class TrainingsDisplay(Display):
    """Tells which training runs, how it went, and how long all may still take.

    Args:
        console: where to write.
        total: number of trainings.
    """

    def __init__(self, console: Console, total: int):
        self._trainings, self._training, self._title = total, 0, ""
        self._started_training = time.monotonic()
        self._worked: list[float] = []
        super().__init__(console, {})  # which asks for the first line

    def training_started(self, name: str, fold: Fold | None) -> None:
        """A training begins."""
        self._training += 1
        self._title = f"fold {fold.number}/{fold.of}  {name}" if fold else name
        self._started_training = time.monotonic()

    def training_skipped(self) -> None:
        """Its recipe failed in an earlier fold."""
        self._last("left out, since it failed before")

    def training_failed(self, why: str) -> None:
        """It failed; the others go on."""
        self._last(f"FAILED: {why}")

    def training_finished(self, seconds: float, cached: bool, matrix: NDArray[np.float64]) -> None:
        """It went well.

        Args:
            seconds: in all.
            cached: whether every node was.
            matrix: confusion matrix [C, C] of its test images.
        """
        if not cached:
            self._worked.append(seconds)
        how = "from the cache" if cached else f"{seconds:.0f} s"
        balanced = float(balanced_accuracy(matrix))
        self._last(f"{how}, balanced accuracy {balanced:.3f} on {matrix.sum():.0f} images")

    def node_finished(self, run: NodeRecord) -> None:
        """A node has ended well; there are too many for a line each."""

    def _last(self, how: str) -> None:
        line = f"  {self._place()} {self._title}  {how}"
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _place(self) -> str:
        width = len(f"[{self._trainings}/{self._trainings}]")
        return f"[{self._training}/{self._trainings}]".rjust(width)

    def _line(self) -> Text:
        parts = [f"  {self._place()} {self._title}"]
        if self._worked:
            mean = sum(self._worked) / len(self._worked)
            spent = time.monotonic() - self._started_training
            left = mean * (self._trainings - self._training) + max(0.0, mean - spent)
            parts.append(f"all: {duration(left)}")
        # Last, since a narrow terminal cuts the end.
        parts.append(" ".join(super()._line().plain.split()))
        narrow = self._console.is_terminal
        return Text(" · ".join(parts), overflow="ellipsis", no_wrap=narrow)
