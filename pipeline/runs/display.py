"""Shows a run while it works: a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from components.runtime.progress import Progress
from pipeline.runs.records import NodeRecord

_SECONDS_BETWEEN_LINES = 15.0


class Display(AbstractContextManager["Display"]):
    """Tells which node runs, how far it is, and how long it may still take.

    Args:
        console: where to write.
        usual: seconds each node took in earlier runs, for the estimate.
    """

    def __init__(self, console: Console, usual: Mapping[str, float]):
        self._console, self._usual = console, usual
        self._node, self._number, self._total = "", 0, 0
        self._started = time.monotonic()
        self._spoke = self._started
        self._progress: Progress | None = None
        self._first_progress: Progress | None = None
        self._progress_started = self._started
        # Redirecting would catch what libraries print, which belongs into the log.
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def node_started(self, node: str, number: int, total: int) -> None:
        """A node begins."""
        self._node, self._number, self._total = node, number, total
        self._started = self._spoke = time.monotonic()
        self._progress = None

    def node_finished(self, run: NodeRecord) -> None:
        """A node has ended well: one lasting line."""
        how = "from the cache" if run.cached else f"{run.seconds:.1f} s"
        line = f"  {self._position()} {run.node:<18} {how}"
        self._console.print(line, highlight=False, markup=False)

    def progressed(self, progress: Progress) -> None:
        """A node says how far it is; without a terminal a line now and then."""
        now = time.monotonic()
        if self._progress is None or progress.unit != self._progress.unit:
            self._first_progress, self._progress_started = progress, now
        self._progress = progress
        if not self._console.is_terminal and now - self._spoke >= _SECONDS_BETWEEN_LINES:
            self._spoke = now
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _position(self) -> str:
        return f"[{self._number}/{self._total}]".rjust(len(f"[{self._total}/{self._total}]"))

    def _line(self) -> Text:
        seconds = time.monotonic() - self._started
        parts = [f"  {self._position()} {self._node:<18} {seconds:.0f} s"]
        if self._progress:
            parts.append(f"{self._progress.done}/{self._progress.total} {self._progress.unit}")
        if (remaining := self._remaining(seconds)) is not None:
            parts.append(f"about {duration(remaining)} to go")
        if self._progress and self._progress.detail:
            parts.append(self._progress.detail)
        return Text(" · ".join(parts), overflow="ellipsis", no_wrap=self._console.is_terminal)

    def _remaining(self, seconds: float) -> float | None:
        """Returns the node's remaining seconds: by its own progress, else as it took before."""
        if self._progress and self._first_progress:
            # Work that resumes does not begin at 0, so what counts is what came since.
            gained = self._progress.done - self._first_progress.done
            elapsed = time.monotonic() - self._progress_started
            if gained > 0:
                return elapsed / gained * max(0, self._progress.total - self._progress.done)
        if self._node in self._usual:
            return max(0.0, self._usual[self._node] - seconds)
        return None


def duration(seconds: float) -> str:
    """Returns seconds in words."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
