"""Shows the progress of many trainings: a line for each, the nodes only on the live line."""

import time

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from components.recipe.data import Fold
from pipeline.compare.criterion import balanced_accuracy
from pipeline.runs.display import Display, duration, position
from pipeline.runs.records import NodeRecord


class TrainingsDisplay(Display):
    """Shows which training runs, its result, and an estimate of the remaining time of all.

    Args:
        console: where to write.
        total: number of trainings.
    """

    def __init__(self, console: Console, total: int):
        self._trainings, self._training, self._title = total, 0, ""
        self._started_training = time.monotonic()
        self._worked: list[float] = []
        super().__init__(console)  # renders the first line

    def training_started(self, name: str, fold: Fold | None) -> None:
        """A training starts."""
        self._training += 1
        self._title = f"fold {fold.number}/{fold.of}  {name}" if fold else name
        self._started_training = time.monotonic()

    def training_skipped(self) -> None:
        """The recipe failed in an earlier fold."""
        self._print("left out, because it failed in an earlier fold")

    def training_failed(self, why: str) -> None:
        """The training failed; the others continue."""
        self._print(f"FAILED: {why}")

    def training_finished(self, seconds: float, cached: bool, matrix: NDArray[np.float64]) -> None:
        """The training has finished without an error.

        Args:
            seconds: of all nodes.
            cached: whether every node came from the cache.
            matrix: confusion matrix [C, C] of its test images.
        """
        if not cached:
            self._worked.append(seconds)
        how = "from the cache" if cached else f"{seconds:.0f} s"
        balanced = float(balanced_accuracy(matrix))
        self._print(f"{how}, balanced accuracy {balanced:.3f} on {matrix.sum():.0f} images")

    def node_finished(self, run: NodeRecord) -> None:
        """A node has finished; there are too many for a line each."""

    def _print(self, how: str) -> None:
        line = f"  {position(self._training, self._trainings)} {self._title}  {how}"
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _line(self) -> Text:
        parts = [f"  {position(self._training, self._trainings)} {self._title}"]
        if self._worked:
            mean = sum(self._worked) / len(self._worked)
            spent = time.monotonic() - self._started_training
            left = mean * (self._trainings - self._training) + max(0.0, mean - spent)
            parts.append(f"all: {duration(left)}")
        # At the end, which a narrow terminal cuts off.
        parts.append(" ".join(super()._line().plain.split()))
        narrow = self._console.is_terminal
        return Text(" · ".join(parts), overflow="ellipsis", no_wrap=narrow)
