"""Finds pictures that are the same, or nearly the same.

Chest radiographs look alike, to a perceptual hash too: within 10 of 64 bits it finds thousands of
pairs of different patients. So the hash only selects candidates, and the correlation of the fine
detail in the thumbnails decides. On 2,921 public radiographs, copies of a picture (saved again,
resized, cropped by a line) correlate by 0.92 and more, all other pairs by 0.69 at most. A picture
that was rotated, mirrored or cropped by a tenth is not found.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from components.data_audit.finding import Image

# Two pictures by their places, and the correlation of their fine detail: 1 for the same pixels.
JOIN = np.dtype([("one", "<i8"), ("other", "<i8"), ("value", "<f8"), ("exact", "?")])
_BLOCK = 2048  # pairs that are compared at once: 16 MB


@dataclass(frozen=True)
class Group:
    """Files that show one picture.

    Attributes:
        images: two or more, by file name.
        exact: whether all have the very same pixels.
        similarity: lowest correlation of the fine detail in the group, 1 for exact copies.
    """

    images: tuple[Image, ...]
    exact: bool
    similarity: float

    @property
    def reason(self) -> str:
        """Why they are a group."""
        if self.exact:
            return "the same pixels"
        return f"nearly the same picture, correlation of the fine detail {self.similarity:.2f}"


def split_copies(rows: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Returns one picture of each digest, by place, and the `JOIN`s of all others with it.

    Args:
        rows: of `candidate_pairs.PICTURE`, all with their digests.
    """
    order = np.lexsort((rows["place"], rows["digest"][:, 1], rows["digest"][:, 0]))
    rows = rows[order]
    same = np.zeros(len(rows), bool)
    same[1:] = (rows["digest"][1:] == rows["digest"][:-1]).all(axis=1)
    starts = np.flatnonzero(~same)
    first = starts[np.cumsum(~same) - 1]
    distinct = rows[starts]
    return distinct[np.argsort(distinct["place"])], joins(
        rows["place"][first[same]], rows["place"][same], np.ones(int(same.sum())), exact=True
    )


def joins(
    one: NDArray, other: NDArray, value: NDArray[np.floating], exact: bool
) -> NDArray[np.void]:
    """Returns rows of `JOIN`."""
    rows = np.empty(len(one), JOIN)
    rows["one"], rows["other"], rows["value"], rows["exact"] = one, other, value, exact
    return rows


def near_joins(
    pairs: NDArray[np.int64],
    places: NDArray[np.int64],
    detail: NDArray[np.float32],
    similarity: float,
) -> NDArray[np.void]:
    """Returns the `JOIN`s of the pairs whose fine detail correlates well enough.

    Args:
        pairs: of places, [2, n].
        places: of all pictures in pairs, sorted, [m].
        detail: theirs, [m, 1024].
        similarity: lowest correlation, in 0..1.
    """
    found = [np.empty(0, JOIN)]
    left, right = (np.searchsorted(places, side) for side in pairs)
    for start in range(0, len(left), _BLOCK):
        part = slice(start, start + _BLOCK)
        values = np.einsum("kd,kd->k", detail[left[part]], detail[right[part]])
        near = values >= similarity
        one, other = pairs[:, part][:, near]
        found.append(joins(one, other, values[near], exact=False))
    return np.concatenate(found)


def group(joined: NDArray[np.void], images: Mapping[int, Image]) -> list[Group]:
    """Returns the groups of pictures that are joined, by the first of their file names.

    Args:
        joined: rows of `JOIN`.
        images: place → image, of all that are joined.
    """
    if not len(joined):
        return []
    places, ends = np.unique([joined["one"], joined["other"]], return_inverse=True)
    i, j = ends.reshape(2, -1)
    graph = sparse.coo_matrix((np.ones(len(i)), (i, j)), (len(places),) * 2)
    _, component = sparse.csgraph.connected_components(graph, directed=False)
    members: dict[int, list[Image]] = defaultdict(list)
    for place, number in zip(places.tolist(), component.tolist(), strict=True):
        members[number].append(images[place])
    lowest = np.ones(len(members))
    np.minimum.at(lowest, component[i], joined["value"])
    exact = np.ones(len(members), bool)
    np.logical_and.at(exact, component[i], joined["exact"])
    groups = [
        Group(
            tuple(sorted(of_group, key=lambda image: image.filename)),
            bool(exact[number]),
            float(lowest[number]),
        )
        for number, of_group in members.items()
    ]
    return sorted(groups, key=lambda group: group.images[0].filename)
