"""Shows the progress of a run: a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Mapping

from rich.console import Console
from rich.live import Live
from rich.text import Text

from components.runtime.progress import Progress
from pipeline.runs.records import NodeRecord

_SECONDS_BETWEEN_LINES = 15.0


class Display:
    """Shows which node runs, its progress, and an estimate of the remaining time.

    Args:
        console: where to write.
        usual: seconds that each node took in earlier runs, for the estimate.
    """

    def __init__(self, console: Console, usual: Mapping[str, float] | None = None):
        self._console, self._usual = console, usual or {}
        self._node, self._number, self._total = "", 0, 0
        self._started = time.monotonic()
        self._printed = self._started
        self._progress: Progress | None = None
        self._first_progress: Progress | None = None
        self._progress_started = self._started
        # Redirection would show what libraries print, which belongs in the log.
        self._live = Live(
            console=console,
            get_renderable=self._line,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> "Display":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def node_started(self, node: str, number: int, total: int) -> None:
        """A node starts."""
        self._node, self._number, self._total = node, number, total
        self._started = self._printed = time.monotonic()
        self._progress = None

    def node_finished(self, run: NodeRecord) -> None:
        """A node has finished without an error: one line that stays."""
        how = "from the cache" if run.cached else f"{run.seconds:.1f} s"
        line = f"  {position(self._number, self._total)} {run.node:<18} {how}"
        self._console.print(line, highlight=False, markup=False)

    def progressed(self, progress: Progress) -> None:
        """A node reports its progress; without a terminal a line is printed every 15 seconds."""
        now = time.monotonic()
        if self._progress is None or progress.unit != self._progress.unit:
            self._first_progress, self._progress_started = progress, now
        self._progress = progress
        if not self._console.is_terminal and now - self._printed >= _SECONDS_BETWEEN_LINES:
            self._printed = now
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _line(self) -> Text:
        seconds = time.monotonic() - self._started
        parts = [f"  {position(self._number, self._total)} {self._node:<18} {seconds:.0f} s"]
        if self._progress:
            parts.append(self._progress.count)
        if (remaining := self._remaining(seconds)) is not None:
            parts.append(f"about {duration(remaining)} to go")
        if self._progress and self._progress.detail:
            parts.append(self._progress.detail)
        return Text(" · ".join(parts), overflow="ellipsis", no_wrap=self._console.is_terminal)

    def _remaining(self, seconds: float) -> float | None:
        """Returns the node's remaining seconds, by its progress, else by earlier runs."""
        if self._progress and self._first_progress and self._progress.total:
            # Resumed work does not start at 0: only what was done in this run counts.
            gained = self._progress.done - self._first_progress.done
            elapsed = time.monotonic() - self._progress_started
            if gained > 0:
                return elapsed / gained * max(0, self._progress.total - self._progress.done)
        if self._node in self._usual:
            return max(0.0, self._usual[self._node] - seconds)
        return None


def position(number: int, total: int) -> str:
    """Returns e.g. ` [3/12]`, as wide as the last one."""
    return f"[{number}/{total}]".rjust(len(f"[{total}/{total}]"))


def duration(seconds: float) -> str:
    """Returns seconds in words."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
