"""What goes into which file: Beam hands out numbers of shards, and each worker reads its rows.

The rows of the manifest lie in parts before the images are read. Each shard is a sample of the
whole set, so that whoever reads a few files, or shuffles what lies near, meets every class.
"""

import json
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from components.image_example_gen.listing.classify import stem_of
from components.image_example_gen.listing.listing import Entry
from components.runtime.hashing import hash_to_unit
from components.storage.manifest import SCHEMA, Row, decode, encode
from components.storage.parquet import open_parquet, write_parquet

IMAGES = 500  # of a shard: 30 MB of small PNG files, 500 MB of large radiographs
_SHARDS = 100  # of a part: 50,000 rows, some 50 MB of memory


@dataclass(frozen=True)
class Shards:
    """The pieces of work of a run.

    Attributes:
        count: how many there are.
        folder: of their parts.
        tag: at the end of the names of their files, beside files of earlier runs.
    """

    count: int
    folder: str
    tag: str = ""

    @staticmethod
    def of(files: int, folder: str, tag: str = "") -> "Shards":
        """Returns the shards for so many files."""
        return Shards(max(1, round(files / IMAGES)), folder, tag)

    def file_name(self, number: int, end: str) -> str:
        """Returns the name of what is written of a shard."""
        return f"data_tfrecord-{number:05d}-of-{self.count:05d}{self.tag}.{end}"

    @property
    def parts(self) -> range:
        """Numbers of the parts."""
        return range(-(-self.count // _SHARDS))

    def bounds(self, part: int) -> tuple[float, float]:
        """Returns the first place of a part, and the first of the next one."""
        end = min(self.count, (part + 1) * _SHARDS)
        return part * _SHARDS / self.count, end / self.count

    def deal(self, places: Sequence[float]) -> Iterator[tuple[int, slice]]:
        """Yields each part, and which of the sorted places are in it."""
        start = 0
        for part in self.parts:
            high = self.bounds(part)[1]
            end = bisect_left(places, high, start) if high < 1 else len(places)
            yield part, slice(start, end)
            start = end

    def write_part(self, part: int, rows: Iterable[tuple[float, Row]]) -> None:
        """Writes the rows of a part, a row group for each shard.

        Args:
            part: its number.
            rows: place and row, in the order of the places.
        """
        first, end = part * _SHARDS, min(self.count, (part + 1) * _SHARDS)
        groups: dict[int, list[Row]] = {number: [] for number in range(first, end)}
        for place, row in rows:
            number = min(max(first, int(place * self.count)), end - 1)
            groups[number].append({**row, "path": encode(row["path"])})
        tables = (pa.Table.from_pylist(group, SCHEMA) for group in groups.values())
        write_parquet(self._path(part), *tables)

    def read(self, number: int) -> list[Row]:
        """Returns the rows of a shard; patients are hashed."""
        with open_parquet(self._path(number // _SHARDS)) as file:
            rows = file.read_row_group(number % _SHARDS).to_pylist()
        return [{**row, "path": decode(row["path"])} for row in rows]

    def _path(self, part: int) -> str:
        return os.path.join(self.folder, f"part-{part:05d}.parquet")


def place_of(path: str) -> float:
    """Returns a number in [0, 1) that says where a file goes; a mask goes beside its image."""
    return hash_to_unit(stem_of(path), "shard")


def row_of(entry: Entry, patient: str) -> Row:
    """Returns the row of an image that is to be read.

    Args:
        entry: of a listing.
        patient: the keyed hash.
    """
    return {
        "label": entry.label or None,
        "patient": patient,
        "split": entry.split,
        "metadata": json.dumps(dict(entry.metadata)) if entry.metadata else None,
    }


def entry_of(row: Row) -> Entry:
    """Returns the image of a row; its patient is hashed."""
    return Entry(
        row["path"],
        row["label"] or "",
        row["patient"],
        row["split"],
        json.loads(row["metadata"] or "{}"),
    )
