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
# A pair at the limit differs in more bits of its bands, by so many standard deviations, never.
_SIGMAS = 6
_PAIRS = 1 << 17  # whose bands are compared at once: 16 MB
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


def all_pairs(rows: NDArray[np.void], distance: int, similarity: float) -> Iterator[Pairs]:
    """Yields the places i < j of all pairs that may be the same; the time grows with the square.

    Args:
        rows: of `PICTURE`, all different.
        distance: bits of 64 by which their hashes may differ.
        similarity: lowest correlation of the fine detail.
    """
    # ±1 bits: the Hamming distance is a product of matrices, which BLAS does for 100,000 images in
    # a minute.
    hashes = np.ascontiguousarray(rows["hash"]).view(np.uint8).reshape(-1, 8)
    bits = np.where(np.unpackbits(hashes, axis=1), 1, -1).astype(np.float32)
    for start in range(0, len(bits), _BLOCK):
        for other in range(start, len(bits), _BLOCK):
            product = bits[start : start + _BLOCK] @ bits[other : other + _BLOCK].T
            i, j = np.nonzero(product >= bits.shape[1] - 2 * distance)
            i, j = i + start, j + other
            yield _near(rows, i[i < j], j[i < j], similarity)


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
    found = [np.empty((2, 0), np.int64)]
    for shift in range(1, min(_NEXT, len(rows) - 1) + 1):
        left = np.flatnonzero(count_ones(hashes[:-shift] ^ hashes[shift:]) <= distance)
        found.append(np.stack(_near(rows, left, left + shift, similarity)))
    i, j = np.concatenate(found, axis=1)
    return i, j


def count_ones(numbers: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Returns how many bits of each number are set (Warren 2012, Hacker's Delight, 5-1)."""
    fives, threes, nibbles = (np.uint64(int(digit * 8, 16)) for digit in ("55", "33", "0f"))
    pairs = numbers - ((numbers >> np.uint64(1)) & fives)
    fours = (pairs & threes) + ((pairs >> np.uint64(2)) & threes)
    eights = (fours + (fours >> np.uint64(4))) & nibbles
    return ((eights * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(np.int64)


def _near(
    rows: NDArray[np.void], left: NDArray[np.int64], right: NDArray[np.int64], similarity: float
) -> Pairs:
    """Returns the places i < j of rows whose bands differ by few enough bits."""
    bits, chance = 8 * _BANDS, math.acos(similarity) / math.pi
    most = bits * chance + _SIGMAS * math.sqrt(bits * chance * (1 - chance))
    near = np.empty(len(left), bool)
    for start in range(0, len(left), _PAIRS):
        part = slice(start, start + _PAIRS)
        one, other = (rows["bands"][side[part]].view("<u8") for side in (left, right))
        near[part] = count_ones(one ^ other).sum(axis=1) <= most
    places = np.stack([rows["place"][left[near]], rows["place"][right[near]]]).astype(np.int64)
    i, j = np.sort(places, axis=0)
    return i, j


@lru_cache(maxsize=1)
def _normals() -> NDArray[np.float32]:
    shape = (THUMBNAIL * THUMBNAIL, 8 * _BANDS)
    return np.random.default_rng(0).standard_normal(shape, np.float32)
