"""Where long work says how far it is.

A node calls `report`; whoever runs the node decides where it is shown. Without a listener, a line
goes to the log every ten seconds, which is what a container wants.
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
    """How far a piece of work is.

    Attributes:
        done: units finished.
        total: units in all.
        unit: what is counted: `images`, `epochs`.
        detail: a few words more, e.g. the loss.
    """

    done: int
    total: int
    unit: str
    detail: str = ""


Listener = Callable[[Progress], None]


class _LogListener:
    """Writes a line now and then, and always the last one."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.done < progress.total and now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        _log.info("%d/%d %s %s", progress.done, progress.total, progress.unit, progress.detail)


_listener: Listener = _LogListener()
_around = ""


def listen(listener: Listener | None) -> None:
    """Sends reports to `listener` from now on; None goes back to the log."""
    global _listener
    _listener = listener or _LogListener()


def report(done: int, total: int, unit: str, detail: str = "") -> None:
    """Says how far the work is."""
    details = ", ".join(text for text in (_around, detail) if text)
    _listener(Progress(done, total, unit, details))


@contextlib.contextmanager
def within(text: str) -> Iterator[None]:
    """Puts a few words before the detail of what is reported inside: which trial it is of."""
    global _around
    before, _around = _around, text
    try:
        yield
    finally:
        _around = before


class Counter:
    """Counts units that are finished in several threads, and reports them."""

    def __init__(self, total: int, unit: str):
        self._total, self._unit = total, unit
        self._done = 0
        self._lock = threading.Lock()

    def advance(self) -> None:
        """Counts one unit."""
        with self._lock:
            self._done += 1
            done = self._done
        report(done, self._total, self._unit)
