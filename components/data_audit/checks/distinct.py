"""About how many different texts there are."""

import hashlib
import heapq
from collections.abc import Iterable

_KEPT = 4096  # up to so many the number is exact; of more the standard error is 1.6 %
_HASHES = 1 << 64


def number_of(text: str) -> int:
    """Returns a number in 0..2^64 - 1 that stands for a text, the same on every machine."""
    data = text.encode(errors="surrogateescape")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


class Distinct:
    """The smallest hashes of texts: of n texts the k-th smallest lies near k/n of the range.

    Bar-Yossef et al. 2002, RANDOM, 10.1007/3-540-45726-7_1. Those of parts add up.

    Args:
        hashes: of `hashes()`.
    """

    def __init__(self, hashes: Iterable[int] = ()):
        self._hashes = set(hashes)

    def add(self, text: str) -> None:
        """Counts a text, unless it was counted."""
        self._hashes.add(number_of(text))
        self._trim(2 * _KEPT)

    def merge(self, other: "Distinct") -> None:
        """Counts what another has counted."""
        self._hashes |= other._hashes
        self._trim(2 * _KEPT)

    def hashes(self) -> list[int]:
        """Returns the smallest, sorted."""
        self._trim(_KEPT)
        return sorted(self._hashes)

    @property
    def number(self) -> float:
        """How many there are."""
        hashes = self.hashes()
        return len(hashes) if len(hashes) < _KEPT else (_KEPT - 1) / (hashes[-1] / _HASHES)

    def _trim(self, most: int) -> None:
        if len(self._hashes) > most:
            self._hashes = set(heapq.nsmallest(_KEPT, self._hashes))
