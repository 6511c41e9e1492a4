"""A bound on the memory that the bodies of all requests take together."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class BusyError(Exception):
    """The bodies of all requests take more memory than they may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"requests of {limit} bytes are in memory; try again in a moment")


class ByteBudget:
    """Bytes of request bodies that are in memory at the same time.

    Attributes:
        limit: bytes, at most.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self._used = limit, 0
        self._lock = threading.Lock()

    @contextmanager
    def hold(self) -> Iterator[Callable[[int], None]]:
        """Yields a function that counts the bytes of one request, until the end of the block.

        Raises:
            BusyError: by that function, beyond the limit.
        """
        held = 0

        def count(size: int) -> None:
            nonlocal held
            held += size
            with self._lock:
                self._used += size
                if self._used > self.limit:
                    raise BusyError(self.limit)

        try:
            yield count
        finally:
            with self._lock:
                self._used -= held
