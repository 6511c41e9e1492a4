"""A bound on the memory that decoded images take, whatever number of requests there is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PixelBudget:
    """Pixels of the images that are decoded at the same time; requests wait for their turn.

    Args:
        limit: pixels, at most. A single request with more runs alone.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._turn = threading.Lock()  # whoever waits for pixels holds it: nobody overtakes
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Waits until so many pixels are free, and takes them until the end of the block."""
        with self._turn, self._changed:
            self._changed.wait_for(lambda: not self._used or self._used + pixels <= self._limit)
            self._used += pixels
        try:
            yield
        finally:
            with self._changed:
                self._used -= pixels
                self._changed.notify()
