"""Pairs of pictures that may be nearly the same; the correlation of their fine detail decides.

All pairs can be compared in seconds for some ten thousand pictures, and in hours for a million. Of
more pictures those are compared that fall into the same bucket of a locality-sensitive hash
(Charikar 2002, STOC, 10.1145/509907.509965): on which side of random hyperplanes the fine detail
lies. The time then grows with the number of pictures, and of a thousand pairs at the limit one is
missed.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]

_BLOCK = 2048  # rows of hashes compared at once: 16 MB
_MISSED = 1e-3  # share of the pairs at the limit
_MOST_TABLES, _MOST_PLANES = 160, 24


def pairs_by_hash(hashes: NDArray[np.bool_], distance: int) -> Iterator[Pairs]:
    """Yields all pairs i < j whose hashes differ by few bits; the time grows with the square.

    Args:
        hashes: [n, bits].
        distance: number of bits by which they may differ.
    """
    # ±1 bits: the Hamming distance is a product of matrices, which BLAS does for 100,000 images in
    # a minute.
    bits = np.where(hashes, 1, -1).astype(np.float32)
    for start in range(0, len(bits), _BLOCK):
        for other in range(start, len(bits), _BLOCK):
            product = bits[start : start + _BLOCK] @ bits[other : other + _BLOCK].T
            i, j = np.nonzero(product >= bits.shape[1] - 2 * distance)
            i, j = i + start, j + other
            yield i[i < j], j[i < j]


class DetailBuckets:
    """Buckets of unit vectors; two that correlate share one in almost every case.

    Args:
        count: of vectors.
        length: of a vector.
        similarity: correlation of a pair at the limit.
    """

    def __init__(self, count: int, length: int, similarity: float):
        agreeing = 1 - math.acos(similarity) / math.pi  # chance to be on one side of a plane
        tables = [_tables(agreeing**planes) for planes in range(1, _MOST_PLANES + 1)]
        self.planes = max(
            (planes for planes, needed in enumerate(tables, 1) if needed <= _MOST_TABLES), default=1
        )
        self.tables = min(tables[self.planes - 1], _MOST_TABLES)
        random = np.random.default_rng(0)
        self._normals = random.standard_normal((length, self.tables * self.planes), np.float32)
        self._weights = (1 << np.arange(self.planes)).astype(np.uint32)
        self._keys = np.empty((self.tables, count), np.uint32)

    def put(self, start: int, vectors: NDArray[np.float32]) -> None:
        """Puts vectors [m, length], those from number `start` on, into their buckets."""
        sides = (vectors @ self._normals > 0).reshape(len(vectors), self.tables, self.planes)
        self._keys[:, start : start + len(vectors)] = (sides @ self._weights).T

    def pairs(self) -> Iterator[Pairs]:
        """Yields pairs i < j that share a bucket; once for each bucket they share."""
        for keys in self._keys:
            order = np.argsort(keys, kind="stable")
            ordered = keys[order]
            left, shift = np.arange(len(keys)), 1
            while True:
                left = left[left + shift < len(keys)]
                left = left[ordered[left] == ordered[left + shift]]
                if not len(left):
                    break
                yield order[left], order[left + shift]
                shift += 1


def _tables(chance: float) -> int:
    """Returns how many tables are needed if a pair shares a bucket of one with this chance."""
    return math.ceil(math.log(_MISSED) / math.log1p(-chance)) if chance < 1 else 1
