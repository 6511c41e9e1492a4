"""The files of a request log: segments of a day, `<day>.<number>.jsonl`, later `.parquet`.

A lock file orders all writers of a folder, and the compaction. A segment that has a Parquet file is
finished: its lines, if a killed compaction left them, are all in the Parquet file, and nobody adds
to it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

LINES, TABLE = ".jsonl", ".parquet"
LOCK = ".lock"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{4,})(\.jsonl|\.parquet)")


@dataclass(frozen=True, order=True)
class Segment:
    """A part of a day.

    Attributes:
        day: in UTC.
        number: from 1 on.
        folder: of the log.
    """

    day: date
    number: int
    folder: Path

    @property
    def lines(self) -> Path:
        """The file that is appended to."""
        return self._path(LINES)

    @property
    def table(self) -> Path:
        """The file that replaces it when the day is over."""
        return self._path(TABLE)

    @property
    def finished(self) -> bool:
        """Whether the Parquet file is there."""
        return self.table.exists()

    def _path(self, suffix: str) -> Path:
        return self.folder / f"{self.day.isoformat()}.{self.number:04d}{suffix}"


def list_segments(folder: Path) -> list[Segment]:
    """Returns the segments of a log, in the order in which they were written.

    Raises:
        OSError: the folder can't be read.
    """
    return sorted(set(_found(folder)))


def _found(folder: Path) -> Iterator[Segment]:
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            yield Segment(date.fromisoformat(match[1]), int(match[2]), folder)
