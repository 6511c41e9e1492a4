"""Pairs of pictures that may be nearly the same; the correlation of their fine detail decides.

All pairs can be compared in seconds for some ten thousand pictures, and in hours for a million. Of
more pictures those are compared that lie near each other in sorted tables of a locality-sensitive
hash (Charikar 2002, STOC, 10.1145/509907.509965): a bit says on which side of a random hyperplane
the fine detail lies. Each table sorts the pictures by other bands of 8 bits, and compares each with
those that follow: the time grows with the number of pictures, however alike they are.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.fine_detail import fine_detail
from components.data_audit.checks.quality import BLANK_STD
from components.imaging.measures.image_record import THUMBNAIL, ImageRecord

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]

_BANDS = 64  # of 8 bits
# A picture as it is compared; `place` says which it is.
PICTURE = np.dtype(
    [("digest", "<u8", (2,)), ("place", "<u8"), ("hash", "<u8"), ("bands", "u1", (_BANDS,))]
)

TABLES = 128
_STEPS = (1, 5)  # from band to band, for each 64 tables
_NEXT = 16  # pictures in a table that each one is compared with
_SIGMAS = 4  # of the number of different bits of a pair at the limit, which is a chance
_BLOCK = 2048  # rows of hashes compared at once: 16 MB


def picture_rows(pictures: Sequence[ImageRecord], first: int) -> NDArray[np.void]:
    """Returns rows of `PICTURE`; blank pictures are left out, as they are alike without being same.

    Args:
        pictures: of a file.
        first: place of the first.
    """
    kept = [index for index, picture in enumerate(pictures) if picture.std >= BLANK_STD]
    rows = np.zeros(len(kept), PICTURE)
    if not kept:
        return rows
    used = [pictures[index] for index in kept]
    digests = b"".join(picture.digest.ljust(16, b"\0") for picture in used)
    rows["digest"] = np.frombuffer(digests, "<u8").reshape(-1, 2)
    rows["place"] = np.array(kept, np.uint64) + np.uint64(first)
    bits = np.packbits(np.stack([picture.hash for picture in used]), axis=1)
    rows["hash"] = np.ascontiguousarray(bits).view("<u8")[:, 0]
    detail = fine_detail(np.stack([picture.thumbnail for picture in used]))
    rows["bands"] = np.packbits(detail @ _normals() > 0, axis=1)
    return rows


def pairs_by_hash(hashes: NDArray[np.uint64], distance: int) -> Iterator[Pairs]:
    """Yields all pairs i < j whose hashes differ by few bits; the time grows with the square.

    Args:
        hashes: [n], of 64 bits.
        distance: number of bits by which they may differ.
    """
    # ±1 bits: the Hamming distance is a product of matrices, which BLAS does for 100,000 images in
    # a minute.
    unpacked = np.unpackbits(np.ascontiguousarray(hashes).view(np.uint8).reshape(-1, 8), axis=1)
    bits = np.where(unpacked, 1, -1).astype(np.float32)
    for start in range(0, len(bits), _BLOCK):
        for other in range(start, len(bits), _BLOCK):
            product = bits[start : start + _BLOCK] @ bits[other : other + _BLOCK].T
            i, j = np.nonzero(product >= bits.shape[1] - 2 * distance)
            i, j = i + start, j + other
            yield i[i < j], j[i < j]


def table_keys(rows: NDArray[np.void], table: int) -> NDArray[np.uint64]:
    """Returns what a table sorts rows of `PICTURE` by, [n].

    Args:
        rows: the pictures.
        table: 0 to `TABLES` - 1.
    """
    bands = (table + _STEPS[table // _BANDS] * np.arange(8)) % _BANDS
    keys = np.ascontiguousarray(rows["bands"][:, bands]).view(">u8")[:, 0]
    return keys.astype(np.uint64)


def neighbours(
    rows: NDArray[np.void], keys: NDArray[np.uint64], distance: int, similarity: float
) -> Pairs:
    """Returns the pairs of places i < j of those that are near in a table and may be the same.

    Args:
        rows: of `PICTURE`, all different.
        keys: by which they are sorted.
        distance: bits of 64 by which their hashes may differ.
        similarity: lowest correlation of the fine detail.
    """
    order = np.lexsort((rows["place"], keys))
    rows, hashes = rows[order], rows["hash"][order]
    most = _most_different(similarity)
    found = []
    for shift in range(1, min(_NEXT, len(rows) - 1) + 1):
        left = np.flatnonzero(count_ones(hashes[:-shift] ^ hashes[shift:]) <= distance)
        one, other = (rows["bands"][at].view("<u8") for at in (left, left + shift))
        left = left[count_ones(one ^ other).sum(axis=1) <= most]
        found.append(np.stack([rows["place"][left], rows["place"][left + shift]]))
    i, j = np.sort(np.concatenate(found, axis=1), axis=0) if found else np.empty((2, 0), np.uint64)
    return i.astype(np.int64), j.astype(np.int64)


def count_ones(numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Returns how many bits of each number are set (Warren 2012, Hacker's Delight, 5-1)."""
    fives, threes, nibbles = (np.uint64(int(digit * 8, 16)) for digit in ("55", "33", "0f"))
    pairs = numbers - ((numbers >> np.uint64(1)) & fives)
    fours = (pairs & threes) + ((pairs >> np.uint64(2)) & threes)
    eights = (fours + (fours >> np.uint64(4))) & nibbles
    return ((eights * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.int64)


def _most_different(similarity: float) -> float:
    """Returns the number of different bits of the bands that a pair at the limit hardly exceeds."""
    bits, chance = 8 * _BANDS, math.acos(similarity) / math.pi
    return bits * chance + _SIGMAS * math.sqrt(bits * chance * (1 - chance))


@lru_cache(maxsize=1)
def _normals() -> NDArray[np.float32]:
    shape = (THUMBNAIL * THUMBNAIL, 8 * _BANDS)
    return np.random.default_rng(0).standard_normal(shape, np.float32)
