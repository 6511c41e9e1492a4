"""Finds pictures that are the same, or nearly the same.

Chest radiographs look alike, to a perceptual hash too: within 10 of 64 bits it finds thousands of
pairs of different patients. So the hash only selects candidates, and the correlation of the fine
detail in the thumbnails decides. On 2,921 public radiographs, copies of a picture (saved again,
resized, cropped by a line) correlate by 0.92 and more, all other pairs by 0.69 at most. A picture
that was rotated, mirrored or cropped by a tenth is not found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from components.data_audit.checks.quality import BLANK_STD
from components.imaging.measures.image_record import THUMBNAIL, ImageRecord

_BLOCK = 2048  # rows of hashes compared at once: 16 MB
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
        for i, j, value in _near([ordered[k] for k in distinct], hash_distance, similarity)
    ]
    return _groups(ordered, joins)


def _groups(ordered: Sequence[ImageRecord], joins: list[tuple[int, int, float]]) -> list[Group]:
    if not joins:
        return []
    i, j, values = (np.array(column) for column in zip(*joins, strict=True))
    graph = sparse.coo_matrix((np.ones(len(i)), (i, j)), (len(ordered),) * 2)
    _, component = sparse.csgraph.connected_components(graph, directed=False)
    groups = []
    for number in sorted(set(component[i])):
        members = tuple(ordered[k] for k in np.flatnonzero(component == number))
        exact = len({picture.digest for picture in members}) == 1
        groups.append(Group(members, exact, float(values[component[i] == number].min())))
    return sorted(groups, key=lambda group: group.pictures[0].filename)


def _near(
    pictures: Sequence[ImageRecord], hash_distance: int, similarity: float
) -> Iterator[tuple[int, int, float]]:
    """Yields (index, index, correlation) of pairs, each once."""
    if len(pictures) < 2:
        return
    thumbnails = np.stack([picture.thumbnail for picture in pictures])
    # ±1 bits: the Hamming distance is a product of matrices, which BLAS does for 100,000 images in
    # a minute.
    bits = np.where(np.stack([picture.hash for picture in pictures]), 1, -1).astype(np.float32)
    for start in range(0, len(bits), _BLOCK):
        for other in range(start, len(bits), _BLOCK):
            product = bits[start : start + _BLOCK] @ bits[other : other + _BLOCK].T
            i, j = np.nonzero(product >= bits.shape[1] - 2 * hash_distance)
            i, j = i + start, j + other
            i, j = i[i < j], j[i < j]
            values = _correlations(thumbnails, i, j)
            for k in np.flatnonzero(values >= similarity):
                yield int(i[k]), int(j[k]), float(values[k])


def _correlations(
    thumbnails: NDArray[np.uint8], i: NDArray[np.int64], j: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Returns the correlation of the fine detail of thumbnails i[k] and j[k]."""
    used, position = np.unique(np.concatenate([i, j]), return_inverse=True)
    detail = _fine_detail(thumbnails[used])
    left, right = position[: len(i)], position[len(i) :]
    values = np.empty(len(i), np.float32)
    for start in range(0, len(i), _BLOCK):
        part = slice(start, start + _BLOCK)
        values[part] = np.einsum("kd,kd->k", detail[left[part]], detail[right[part]])
    return values


def _fine_detail(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns unit vectors [n, 1024] of what is left without the coarse shape.

    The coarse shape is what all radiographs of a body part have in common.
    """
    grey = thumbnails.astype(np.float32).mean(axis=-1)
    detail = grey - ndimage.gaussian_filter(grey, (0, _DETAIL, _DETAIL))
    flat = detail.reshape(len(detail), THUMBNAIL * THUMBNAIL)
    flat -= flat.mean(axis=1, keepdims=True)
    unit: NDArray[np.float32] = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
    return unit
