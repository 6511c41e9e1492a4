"""Progress of long work.

A node calls `report`, and the process that runs the node decides where it is shown. Without a
listener, a line is logged every ten seconds, which suits a container.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_log = logging.getLogger("medtfx.progress")
_SECONDS_BETWEEN_LINES = 10.0


@dataclass(frozen=True)
class Progress:
    """Progress of a piece of work.

    Attributes:
        done: number of finished units.
        total: number of units; 0 where it is not known.
        unit: what is counted: `images`, `epochs`.
        detail: more in a few words, for example the loss.
    """

    done: int
    total: int
    unit: str
    detail: str = ""

    @property
    def count(self) -> str:
        """What is done, in words: `20/90 images`."""
        done = f"{self.done}/{self.total}" if self.total else f"{self.done:,}"
        return f"{done} {self.unit}"


Listener = Callable[[Progress], None]


class _LogListener:
    """Logs a line every ten seconds, and the last one in any case."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        is_last = progress.done == progress.total
        if not is_last and now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        _log.info("%s %s", progress.count, progress.detail)


_listener: Listener = _LogListener()
_around = ""


def listen(listener: Listener | None) -> None:
    """Sends reports to `listener` from now on; None: to the log again."""
    global _listener
    _listener = listener or _LogListener()


def report(done: int, total: int, unit: str, detail: str = "") -> None:
    """Reports progress; the arguments are those of `Progress`."""
    details = ", ".join(text for text in (_around, detail) if text)
    _listener(Progress(done, total, unit, details))


@contextlib.contextmanager
def within(text: str) -> Iterator[None]:
    """Puts text before the detail of the reports in the block: the number of a trial."""
    global _around
    before, _around = _around, text
    try:
        yield
    finally:
        _around = before


class Counter:
    """Counts and reports units that are finished in several threads.

    Args:
        total: number of units.
        unit: what is counted.
    """

    def __init__(self, total: int, unit: str):
        self._total, self._unit = total, unit
        self._done = 0
        self._lock = threading.Lock()

    def advance(self) -> None:
        """Counts one unit and reports the progress."""
        with self._lock:
            self._done += 1
            done = self._done
        report(done, self._total, self._unit)
