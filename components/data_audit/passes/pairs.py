"""From the pictures of the first pass to pairs, and from the thumbnails of these to groups."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.candidate_pairs import PICTURE, TABLES, all_pairs
from components.data_audit.checks.duplicates import JOIN, Group, group, near_joins
from components.data_audit.checks.fine_detail import fine_detail
from components.data_audit.finding import Image
from components.data_audit.passes.first import COPIES, DISTINCT
from components.data_audit.passes.near import PAIRS, NearPass
from components.data_audit.passes.second import IMAGES, read_images
from components.data_audit.passes.workplace import Workplace, read_file
from components.imaging.measures.image_record import THUMBNAIL
from components.recipe.audit import AuditSection

ALL_PAIRS = 50_000  # pictures; to compare all pairs of these takes seconds
_BLOCK = 2048  # pictures whose fine detail is computed at once: 8 MB

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Same:
    """Pictures that are the same, or may be nearly the same; none by default.

    Attributes:
        pairs: places of pairs whose thumbnails have to be compared, [2, n].
        copies: rows of `JOIN`, of those with the same pixels.
    """

    pairs: Places = field(default_factory=lambda: np.empty((2, 0), np.int64))
    copies: NDArray[np.void] = field(default_factory=lambda: np.empty(0, JOIN))


def read_rows(place: Workplace, kind: str, dtype: np.dtype) -> NDArray[np.void]:
    """Returns the rows of all files of a kind."""
    return np.frombuffer(b"".join(map(read_file, place.find(f"{kind}-"))), dtype)


def find_same(place: Workplace, section: AuditSection, parts: int, images: int) -> Same:
    """Returns what the first pass knows of pictures that are the same, or may be.

    Args:
        place: where the first pass has left the different pictures.
        section: has the limits.
        parts: into which they are divided.
        images: how many there are in all.
    """
    return Same(_pairs(place, section, parts, images), read_rows(place, COPIES, JOIN))


def find_groups(
    place: Workplace, same: Same, images: Mapping[int, Image], similarity: float
) -> list[Group]:
    """Returns the groups of images that show one picture.

    Args:
        place: where the second pass has left the thumbnails.
        same: of `find_same`.
        images: place → image, of all in there.
        similarity: lowest correlation of the fine detail.
    """
    places = np.unique(same.pairs)
    with tempfile.TemporaryFile() as file:
        # On the disk: of pictures that are all alike, each is in a pair.
        shape = (max(1, len(places)), THUMBNAIL * THUMBNAIL)
        detail: NDArray[np.float32] = np.memmap(file, np.float32, shape=shape)
        for some, thumbnails in _thumbnails(place):
            detail[np.searchsorted(places, some)] = fine_detail(thumbnails)
        near = near_joins(same.pairs, places, detail, similarity)
    return group(np.concatenate([same.copies, near]), images)


def _pairs(place: Workplace, section: AuditSection, parts: int, images: int) -> Places:
    if images <= ALL_PAIRS:
        rows = read_rows(place, DISTINCT, PICTURE)
        found = [np.empty((2, 0), np.int64)]
        found += map(np.stack, all_pairs(rows, section.hash_distance, section.similarity))
        return np.concatenate(found, axis=1)
    # Workers take all tables at once; this process holds the rows of one.
    tables = list(range(TABLES))
    for some in [tables] if place.on_engine else [[table] for table in tables]:
        work = NearPass(some, parts, section.hash_distance, section.similarity)
        place.group(work, place.find(f"{DISTINCT}-"))
    # A pair may be found in many tables.
    pairs = np.empty((2, 0), np.int64)
    for path in place.find(f"{PAIRS}-"):
        more = np.frombuffer(read_file(path), np.int64).reshape(2, -1)
        pairs = np.unique(np.concatenate([pairs, more], axis=1), axis=1)
    return pairs


def _thumbnails(place: Workplace) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
    for path in place.find(f"{IMAGES}-"):
        found = [
            (number, thumbnail)
            for number, _, thumbnail in read_images(read_file(path))
            if thumbnail is not None
        ]
        for start in range(0, len(found), _BLOCK):
            some, thumbnails = zip(*found[start : start + _BLOCK], strict=True)
            yield list(some), np.stack(thumbnails)
