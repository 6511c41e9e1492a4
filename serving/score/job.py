"""Scores a folder into a CSV, and continues where an earlier run stopped.

1. The rows that are there are compared with the folder. A file between them that has no row, or
   one without an answer (`Row.transient`), is a gap.
2. Gaps are scored and filled in, all at once.
3. The rest is scored and appended, request by request.
"""

from bisect import bisect_left
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from components.runtime.text import one_line
from components.runtime.threads import map_in_threads
from serving.score.batch_scorer import BatchScorer
from serving.score.errors import ScoreError
from serving.score.listing import ImageFolder
from serving.score.rows import Row
from serving.score.summary import Summary
from serving.score.table import ScoreTable


@dataclass(frozen=True)
class Job:
    """What to score, with which model, and into which table.

    Attributes:
        folder: the images.
        scorer: asks the model.
        table: takes the rows.
        summary: counts them.
        batch_size: images of a request.
        workers: requests under way at the same time.
        progress: called after each step.
    """

    folder: ImageFolder
    scorer: BatchScorer
    table: ScoreTable
    summary: Summary
    batch_size: int
    workers: int
    progress: Callable[[Summary], None]

    def run(self) -> None:
        """Scores what has no row yet.

        Raises:
            ServingError: the server is gone; the rows that were answered are in the table.
            ScoreError: the table is of another folder, or can't be written.
        """
        gaps, begun = self._compare()
        self.progress(self.summary)
        if gaps:
            missing = {one_line(image) for image in gaps}
            with closing(self._score(gaps, 0)) as groups:
                rows = (row for group in groups for row in group)
                self.table.fill(rows, lambda file: file in missing)
            self.summary.saved = self.summary.done + self.summary.elsewhere
        with closing(self._score(self.folder.images, begun)) as groups:
            for group in groups:
                self.table.append(group)
                self.summary.saved += len(group)

    def _compare(self) -> tuple[list[str], int]:
        """Returns the gaps, and how many images of the folder come before the end of the table."""
        images, names, summary = self.folder.images, self.folder.names, self.summary
        gaps: list[str] = []
        at = found = 0
        for row in self.table.rows():
            summary.saved += 1
            before, at = at, bisect_left(names, row.file, at)
            gaps += images[before:at]
            if at < len(names) and names[at] == row.file:
                found, at = found + 1, at + 1
                if row.transient:
                    gaps.append(images[at - 1])
                    continue
            else:
                summary.elsewhere += 1
            summary.count_earlier(row)
        if summary.elsewhere and not found:
            raise ScoreError(
                f"None of the {summary.elsewhere} rows of {self.table.path} is of a file in "
                f"{self.folder.root}: it is of another folder. Name another file with --out, or "
                "score all again with --restart."
            )
        return gaps, at

    def _score(self, images: Sequence[str], begun: int) -> Generator[list[Row], None, None]:
        """Yields the rows of the images from `begun` on.

        Requests begin at multiples of their size, whatever `begun` is: a network may round the
        last digit differently in another batch, and a run that was taken up shall give the
        very same file as one in a single go.
        """
        skip = begun % self.batch_size if begun < len(images) else 0
        starts = range(begun - skip, len(images), self.batch_size)
        groups = (images[start : start + self.batch_size] for start in starts)
        for answered in map_in_threads(self.scorer, groups, self.workers, ahead=2):
            rows, skip = answered[skip:], 0
            yield rows
            self.summary.count_scored(rows)
            self.progress(self.summary)
