"""A bound on the memory that the bodies of all requests take together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class BusyError(Exception):
    """The bodies of all requests take more memory than they may."""


class ByteBudget:
    """Bytes of request bodies that are in memory at the same time; for one event loop.

    Attributes:
        limit: bytes, at most.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self._used = limit, 0

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
            self._used += size
            if self._used > self.limit:
                raise BusyError

        try:
            yield count
        finally:
            self._used -= held
