"""Which shards of an earlier run hold images that have not changed since.

The rows of both manifests are compared along the places of the files, see `shards.place_of`: so no
process holds more than the rows of a few shards, and of the images that are new.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tfx.dsl.io import fileio

from components.image_example_gen.shards.shards import Shards, place_of
from components.imaging.quarantine import BY_RULE
from components.storage.manifest import FOLDER, Row, read_shard

# Of a row before its image is read.
_LISTED = ("size", "modified", "label", "patient", "split", "metadata")
# What a disk or a network could not give may be there the next time.
_TRY_AGAIN = "unreadable_file"
_NAME = re.compile(r"data_tfrecord-(\d+)-of-(\d+)(?:-added(\d+))?(?:-kept(\d+))?")


@dataclass
class EarlierShard:
    """A shard of an earlier run.

    Attributes:
        name: of its files, without suffix.
        rows: number of its rows.
        lost: paths whose files have changed or are gone, or are not used any more.
    """

    name: str
    rows: int = 0
    lost: frozenset[str] = frozenset()

    @property
    def bounds(self) -> tuple[float, float]:
        """The place where its files begin, and where those of the next shard do."""
        number, count = self._numbers[:2]
        return number / count, (number + 1) / count

    @property
    def run(self) -> int:
        """Number of the run that wrote it: 0 for one without an earlier run."""
        return max(self._numbers[2:])

    @property
    def kept(self) -> int:
        """Number of rows that stay."""
        return self.rows - len(self.lost)

    def name_in(self, run: int) -> str:
        """Returns the name of its files in another run: the same, unless something is lost."""
        return f"{re.sub('-kept[0-9]+$', '', self.name)}-kept{run}" if self.lost else self.name

    @cached_property
    def _numbers(self) -> tuple[int, ...]:
        match = _NAME.fullmatch(self.name)
        assert match, self.name
        return tuple(int(number or 0) for number in match.groups())


@dataclass
class Comparison:
    """What an earlier run and the listing of now have in common.

    Attributes:
        shards: of the earlier run, with what is lost.
        fresh: place and row of each file that is new or has changed.
    """

    shards: list[EarlierShard] = field(default_factory=list)
    fresh: list[tuple[float, Row]] = field(default_factory=list, repr=False)

    @property
    def run(self) -> int:
        """Number of the run that takes them over."""
        return 1 + max(shard.run for shard in self.shards)


def compare(uri: str, shards: Shards) -> Comparison | None:
    """Compares a listing with the Examples of an earlier run.

    Args:
        uri: of the earlier Examples.
        shards: of the listing, whose parts are written.

    Returns:
        What can be taken over; None if more images than that are to be read. Then all are, into
        shards that are dealt evenly.
    """
    found, kept, to_read = Comparison(), 0, 0
    window = _Window(uri)
    for number in range(shards.count):
        window.move_to((number + 1) / shards.count)
        for row in shards.read(number):
            if window.take(row):
                kept += 1
            else:
                found.fresh.append((place_of(row["path"]), row))
                to_read += not row["reason"]
        if to_read > kept and number + 1 >= shards.count / 2:
            return None
    window.move_to(float("inf"))
    found.shards = window.ended
    return found


class _Window:
    """The rows of the earlier shards around a place."""

    def __init__(self, uri: str):
        self._uri, self._high = uri, 0.0
        pattern = os.path.join(uri, FOLDER, "*.parquet")
        names = [os.path.splitext(os.path.basename(path))[0] for path in fileio.glob(pattern)]
        ordered = sorted(map(EarlierShard, names), key=lambda shard: (shard.bounds, shard.name))
        self._coming: Iterator[EarlierShard] = iter(ordered)
        self._next = next(self._coming, None)
        self._open: list[tuple[EarlierShard, dict[str, Row]]] = []
        self.ended: list[EarlierShard] = []

    def move_to(self, high: float) -> None:
        """Opens the shards that begin below a place.

        Those that end at or below the place before it are closed: nothing more of them can come.
        """
        low, self._high = self._high, high
        for shard, rows in [one for one in self._open if one[0].bounds[1] <= low]:
            self._close(shard, rows)
        while self._next is not None and self._next.bounds[0] < high:
            rows = {row["path"]: row for row in read_shard(self._uri, self._next.name)}
            self._next.rows = len(rows)
            self._open.append((self._next, rows))
            self._next = next(self._coming, None)
        if high == float("inf"):
            for shard, rows in list(self._open):
                self._close(shard, rows)

    def take(self, row: Row) -> bool:
        """Whether an open shard has the file, unchanged; it has it no more after that."""
        for _, rows in self._open:
            before = rows.get(row["path"])
            if before is not None:
                if _is_unchanged(before, row):
                    del rows[row["path"]]
                    return True
                return False
        return False

    def _close(self, shard: EarlierShard, rows: dict[str, Row]) -> None:
        self._open.remove((shard, rows))
        shard.lost = frozenset(rows)
        self.ended.append(shard)


def _is_unchanged(before: Row, now: Row) -> bool:
    if now["size"] < 0 or not now["modified"] or any(before[c] != now[c] for c in _LISTED):
        return False
    if now["reason"]:  # left out by rule
        return bool(before["reason"] == now["reason"])
    return before["reason"] not in {*BY_RULE, _TRY_AGAIN}
