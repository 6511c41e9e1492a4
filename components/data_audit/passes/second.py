"""The second pass: what is said of single images, and what the images of findings are."""

import base64
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.identity import identity_remarks
from components.data_audit.checks.quality import Layout, outlier_remarks, text_remarks
from components.data_audit.finding import Image
from components.data_audit.passes.first import Item, place_of
from components.data_audit.passes.workplace import Piece, read_file
from components.data_audit.reading import read_pictures
from components.data_audit.remarks import Remark, Remarks, image_of, read_remarks
from components.imaging.measures.image_record import THUMBNAIL, ImageRecord

REMARKS, IMAGES = "remarks", "images"
OUTLIERS, TEXT, IDENTITY = "outliers", "burned_in_text", "identity"
# A picture whose image is asked for, and whether its thumbnail is, too.
WANTED = np.dtype([("place", "<i8"), ("thumbnail", "?")])

_FILES = 16  # whose images are in one file: 30 MB if all are wanted


@dataclass(frozen=True, eq=False)
class SecondPass:
    """Number and path of a file of records → remarks, and the images that are wanted.

    Attributes:
        checks: that make remarks.
        usual_side: median short side, in pixels.
        layouts: class → layout.
        columns: that may identify the patient → why.
        line: marks that make a line of text.
        wanted: path of rows of `WANTED`, sorted.
    """

    checks: Sequence[str]
    usual_side: float
    layouts: Mapping[str, Layout]
    columns: Mapping[str, str]
    line: int
    wanted: str

    def emit(self, item: Item) -> Iterator[Piece]:
        """Returns the pieces of a file."""
        number, path = item
        pictures, shard = read_pictures(path), os.path.basename(path)
        for check in self.checks:
            remarks = Remarks()
            for of_picture in self._remarks(check, pictures, shard):
                remarks.add(of_picture)
            yield f"{REMARKS}-{check}", remarks.to_bytes()
        found = _images(pictures, shard, number, self.wanted)
        if found:
            yield f"{IMAGES}-{number // _FILES:05d}", "".join(found).encode()

    def reduce(self, key: str, pieces: Iterable[bytes]) -> Iterator[Piece]:
        """Returns the remarks of a check, or the images of some files."""
        if key.startswith(IMAGES):
            yield key, b"".join(pieces)
            return
        whole = Remarks()
        for piece in pieces:
            whole.merge(read_remarks(piece))
        yield key, whole.to_bytes()

    def _remarks(
        self, check: str, pictures: Sequence[ImageRecord], shard: str
    ) -> Iterator[list[Remark]]:
        if check == OUTLIERS:
            yield from outlier_remarks(pictures, shard, self.usual_side, self.layouts)
        for picture in pictures:
            if check == TEXT:
                yield text_remarks(picture, shard, self.line)
            elif check == IDENTITY:
                yield identity_remarks(picture, shard, self.columns)


def read_images(content: bytes) -> Iterator[tuple[int, Image, NDArray[np.uint8] | None]]:
    """Yields place, image and thumbnail [32, 32, 3] of what the pass has written."""
    for line in content.splitlines():
        place, image, thumbnail = json.loads(line)
        pixels = np.frombuffer(base64.b64decode(thumbnail), np.uint8) if thumbnail else None
        shaped = None if pixels is None else pixels.reshape(THUMBNAIL, THUMBNAIL, 3)
        yield place, Image(*image), shaped


def _images(pictures: Sequence[ImageRecord], shard: str, number: int, path: str) -> list[str]:
    wanted, first = _wanted(path), place_of(number)
    low, high = np.searchsorted(wanted["place"], [first, place_of(number + 1)])
    lines = []
    for place, with_thumbnail in wanted[low:high].tolist():
        picture = pictures[place - first]
        thumbnail = base64.b64encode(picture.thumbnail.tobytes()).decode() if with_thumbnail else ""
        lines.append(json.dumps([place, astuple(image_of(picture, shard)), thumbnail]) + "\n")
    return lines


@lru_cache(maxsize=1)
def _wanted(path: str) -> NDArray[np.void]:
    rows: NDArray[np.void] = np.frombuffer(read_file(path), WANTED)
    return rows
