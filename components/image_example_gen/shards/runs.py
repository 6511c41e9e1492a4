"""The files of the data folder in sorted runs, of which parts are read: a sort on disk.

No process holds more than one run, however many files there are.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import pyarrow as pa

from components.image_example_gen.shards.shards import place_of
from components.storage.files import FoundFile
from components.storage.manifest import decode, encode
from components.storage.parquet import open_parquet, write_parquet

_FILES = 200_000  # of a run, some 100 MB of memory while it is sorted
_GROUP = 4_096  # rows of a run that are read at once

_SCHEMA = pa.schema(
    [
        ("place", pa.float64()),
        ("path", pa.binary()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
    ]
)


def write_runs(found: Iterable[FoundFile], folder: str) -> list[str]:
    """Writes files into sorted runs.

    Args:
        found: in any order.
        folder: of the runs.

    Returns:
        Their paths.
    """
    paths = []
    for number, batch in enumerate(_batches(found)):
        paths.append(os.path.join(folder, f"run-{number:05d}.parquet"))
        write_run(paths[-1], batch)
    return paths


def write_run(path: str, files: list[FoundFile]) -> None:
    """Writes files in the order of their places."""
    places = np.fromiter((place_of(file.relative) for file in files), np.float64, len(files))
    order = np.argsort(places, kind="stable")
    table = pa.table(
        [
            pa.array(places[order]),
            pa.array([encode(files[place].relative) for place in order], pa.binary()),
            pa.array([files[place].size for place in order], pa.int64()),
            pa.array([files[place].modified for place in order], pa.int64()),
        ],
        schema=_SCHEMA,
    )
    starts = range(0, max(1, len(table)), _GROUP)
    write_parquet(path, *(table.slice(start, _GROUP) for start in starts))


def count_files(runs: Iterable[str]) -> int:
    """Returns the number of files in runs, by their footers."""
    total = 0
    for path in runs:
        with open_parquet(path) as file:
            total += file.metadata.num_rows
    return total


def read_range(runs: Iterable[str], low: float, high: float) -> list[tuple[float, FoundFile]]:
    """Returns place and file of those from `low` to below `high`, in the order of the places."""
    found = [file for path in runs for file in _read_range(path, low, high)]
    return sorted(found, key=lambda one: (one[0], one[1].relative))


def _read_range(path: str, low: float, high: float) -> Iterator[tuple[float, FoundFile]]:
    with open_parquet(path) as file:
        for number in range(file.num_row_groups):
            bounds = file.metadata.row_group(number).column(0).statistics
            if bounds is None or not bounds.has_min_max or bounds.max < low or bounds.min >= high:
                continue
            columns = file.read_row_group(number).to_pydict()
            for place, name, size, modified in zip(*columns.values(), strict=True):
                if low <= place < high:
                    yield place, FoundFile(decode(name), size, modified)


def _batches(found: Iterable[FoundFile]) -> Iterator[list[FoundFile]]:
    remaining = iter(found)
    while files := list(islice(remaining, _FILES)):
        yield files
