"""Finds pictures that are the same, or nearly the same.

Chest radiographs look alike, to a perceptual hash too: within 10 of 64 bits it finds thousands of
pairs of different patients. So the hash only selects candidates, and the correlation of the fine
detail in the thumbnails decides. On 2,921 public radiographs, copies of a picture (saved again,
resized, cropped by a line) correlate by 0.92 and more, all other pairs by 0.69 at most. A picture
that was rotated, mirrored or cropped by a tenth is not found.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from components.data_audit.checks.candidate_pairs import DetailBuckets, Pairs, pairs_by_hash
from components.data_audit.checks.quality import BLANK_STD
from components.imaging.measures.image_record import THUMBNAIL, ImageRecord

_ALL_PAIRS = 50_000  # pictures; to compare all pairs of these takes seconds
_BLOCK = 2048  # pictures whose fine detail is computed at once: 8 MB
_DETAIL = 0.7  # sigma in pixels of the thumbnail, below which detail is fine


@dataclass(frozen=True)
class Group:
    """Files that show one picture.

    Attributes:
        pictures: two or more, by file name.
        exact: whether all have the very same pixels.
        similarity: lowest correlation of the fine detail in the group, 1 for exact copies.
    """

    pictures: tuple[ImageRecord, ...]
    exact: bool
    similarity: float

    @property
    def reason(self) -> str:
        """Why they are a group."""
        if self.exact:
            return "the same pixels"
        return f"nearly the same picture, correlation of the fine detail {self.similarity:.2f}"


def find_groups(
    pictures: Sequence[ImageRecord], hash_distance: int, similarity: float
) -> list[Group]:
    """Returns the groups of pictures that are alike.

    Args:
        pictures: all.
        hash_distance: bits of 64 by which near duplicates may differ.
        similarity: lowest correlation of the fine detail of near duplicates, in 0..1.
    """
    # Blank pictures are alike without being duplicates.
    ordered = sorted(
        (picture for picture in pictures if picture.std >= BLANK_STD),
        key=lambda picture: picture.filename,
    )
    first: dict[bytes, int] = {}
    # (index, index, similarity); a picture with the same pixels as another is compared by that one.
    joins = []
    for index, picture in enumerate(ordered):
        if (same := first.setdefault(picture.digest, index)) != index:
            joins.append((same, index, 1.0))
    distinct = np.array(sorted(first.values()), np.int64)
    joins += [
        (int(distinct[i]), int(distinct[j]), value)
        for (i, j), value in _near(
            [ordered[k] for k in distinct], hash_distance, similarity
        ).items()
    ]
    return _groups(ordered, joins)


def _groups(ordered: Sequence[ImageRecord], joins: list[tuple[int, int, float]]) -> list[Group]:
    if not joins:
        return []
    i, j, _ = zip(*joins, strict=True)
    graph = sparse.coo_matrix((np.ones(len(i)), (i, j)), (len(ordered),) * 2)
    _, component = sparse.csgraph.connected_components(graph, directed=False)
    members: dict[int, set[int]] = defaultdict(set)
    lowest: dict[int, float] = defaultdict(lambda: 1.0)
    for one, other, value in joins:
        number = component[one]
        members[number] |= {one, other}
        lowest[number] = min(lowest[number], value)
    groups = []
    for number, places in members.items():
        pictures = tuple(ordered[place] for place in sorted(places))
        exact = len({picture.digest for picture in pictures}) == 1
        groups.append(Group(pictures, exact, lowest[number]))
    return sorted(groups, key=lambda group: group.pictures[0].filename)


def _near(
    pictures: Sequence[ImageRecord], hash_distance: int, similarity: float
) -> dict[tuple[int, int], float]:
    """Returns (index, index) → correlation of pairs."""
    if len(pictures) < 2:
        return {}
    found = {}
    for i, j in _candidates(pictures, hash_distance, similarity):
        values = _correlations(pictures, i, j)
        for k in np.flatnonzero(values >= similarity):
            found[int(i[k]), int(j[k])] = float(values[k])
    return found


def _candidates(
    pictures: Sequence[ImageRecord], distance: int, similarity: float
) -> Iterator[Pairs]:
    hashes = np.stack([picture.hash for picture in pictures])
    if len(hashes) <= _ALL_PAIRS:
        yield from pairs_by_hash(hashes, distance)
        return
    buckets = DetailBuckets(len(hashes), THUMBNAIL * THUMBNAIL, similarity)
    for start in range(0, len(hashes), _BLOCK):
        buckets.put(start, _fine_detail(pictures[start : start + _BLOCK]))
    for i, j in buckets.pairs():
        close = np.count_nonzero(hashes[i] != hashes[j], axis=1) <= distance
        yield i[close], j[close]


def _correlations(
    pictures: Sequence[ImageRecord], i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Returns the correlation of the fine detail of pictures i[k] and j[k]."""
    used, position = np.unique(np.concatenate([i, j]), return_inverse=True)
    detail = _fine_detail([pictures[k] for k in used])
    left, right = position[: len(i)], position[len(i) :]
    values = np.empty(len(i), np.float32)
    for start in range(0, len(i), _BLOCK):
        part = slice(start, start + _BLOCK)
        values[part] = np.einsum("kd,kd->k", detail[left[part]], detail[right[part]])
    return values


def _fine_detail(pictures: Sequence[ImageRecord]) -> NDArray[np.float32]:
    """Returns unit vectors [n, 1024] of what is left without the coarse shape.

    The coarse shape is what all radiographs of a body part have in common.
    """
    if not pictures:
        return np.empty((0, THUMBNAIL * THUMBNAIL), np.float32)
    grey = np.stack([picture.thumbnail for picture in pictures]).mean(axis=-1, dtype=np.float32)
    detail = grey - ndimage.gaussian_filter(grey, (0, _DETAIL, _DETAIL))
    flat = detail.reshape(len(detail), THUMBNAIL * THUMBNAIL)
    flat -= flat.mean(axis=1, keepdims=True)
    unit: NDArray[np.float32] = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
    return unit
