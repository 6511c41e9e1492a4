"""A thread that takes one step after the other, and outlives what goes wrong in one."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

IDLE = 0.2
"""Seconds until a worker that found nothing to do looks again."""

_AFTER_DEFECT_SECONDS = 5.0


class Worker:
    """Runs a function again and again, on a thread of its own.

    Args:
        name: of the thread.
        step: does something, and returns the seconds after which there may be more to do.
    """

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._step, self._stopping = step, threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def name(self) -> str:
        """Of the thread."""
        return self._thread.name

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Asks it to end after the step that is under way."""
        self._stopping.set()

    def join(self, seconds: float) -> None:
        """Waits for its end."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._step()
            except Exception:  # a defect, or the disk: the others go on, and so does this one
                log.exception("%s failed; it goes on", self._thread.name)
                pause = _AFTER_DEFECT_SECONDS
            self._stopping.wait(pause)
