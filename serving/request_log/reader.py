"""Reads a span of the request log, and counts what in it can't be used."""

import gzip
import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from components.saved_model.embedding import from_stored
from components.storage.s3 import is_s3, list_objects, read_object
from serving.request_log.errors import RequestLogError
from serving.request_log.object_log import PART
from serving.request_log.record import SCANNER_TAGS
from serving.request_log.segments import Segment, list_segments
from serving.request_log.table import BROKEN, classes_key, read_lines, to_table, with_all_columns

CLOCK_TOLERANCE = 60.0  # seconds that the clocks of several writers may differ
_ROWS = 50_000  # that are in memory as objects at the same time

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Logged:
    """N predictions of one version among C classes, in the order in which they were written.

    Attributes:
        times: datetime64[ms] [N], in UTC.
        images: SHA-256 of each file in hex, bytes [N].
        probabilities: float32 [N, C].
        uncertain: float64 [N]: 1 or 0, NaN where it is not known.
        out_of_distribution: the same.
        latency: milliseconds, float64 [N].
        quality: mean, std, width and height → float64 [N], NaN where it is not known.
        formats: of each file, str [N].
        scores: of out of distribution, float64 [N], NaN where it is not known.
        embeddings: float16 [N, 32], NaN where a prediction has none.
        scanner: of `SCANNER_TAGS` → values, str objects [N], '' where it is not known.
        studies: keyed hash of the study of each image, bytes [N]; b'' where it is not known.
        tags: value of a scanner's tag, such as 'manufacturer GE' → images.
        faults: what can't be used → number of lines.
    """

    times: NDArray[np.datetime64]
    images: NDArray[np.bytes_]
    probabilities: NDArray[np.float32]
    uncertain: Floats
    out_of_distribution: Floats
    latency: Floats
    quality: dict[str, Floats]
    formats: NDArray[np.str_]
    scores: Floats
    embeddings: NDArray[np.float16]
    scanner: dict[str, NDArray[np.object_]]
    studies: NDArray[np.bytes_]
    tags: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.times)

    def between(self, since: datetime, until: datetime) -> "Logged":
        """Returns the predictions from the first moment, in UTC, to before the second."""
        first, after = (np.datetime64(_naive(moment), "ms") for moment in (since, until))
        return self.chosen((self.times >= first) & (self.times < after))

    def chosen(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "Logged":
        """Returns some of the predictions, with the tags and faults of all."""
        return _combined([self], lambda columns: columns[0][rows], self.tags, self.faults)


@dataclass(frozen=True)
class Span:
    """Which predictions are read.

    Attributes:
        model: its name.
        version: of it.
        classes: of the version, in its order.
        since: UTC; the first moment.
        until: UTC; the first moment after.
        now: UTC; what comes later is of a wrong clock.
    """

    model: str
    version: int
    classes: tuple[str, ...]
    since: datetime
    until: datetime
    now: datetime


def read_span(log: Path | str, span: Span) -> Logged:
    """Reads the predictions of a version in a span of time.

    Args:
        log: its folder, or its address at s3://.
        span: what is read.

    Raises:
        RequestLogError: there is no such log, or it can't be read.
    """
    faults: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    parts = [_columns(_NO_ROWS, len(span.classes)), *_parts(log, span, faults, tags)]
    return _combined(parts, np.concatenate, tags, +faults)  # without zeros


def read_parts(log: Path | str, span: Span) -> Iterator[Logged]:
    """Reads a span as `read_span` does, in parts of some 50,000 predictions, for sums over them.

    Raises:
        RequestLogError: there is no such log, or it can't be read.
    """
    yield from _parts(log, span, Counter(), Counter())


def _parts(
    log: Path | str, span: Span, faults: Counter[str], tags: Counter[str]
) -> Iterator[Logged]:
    # A record is in the file of its writer's day; one day more for clocks that differ.
    days = span.since.date() - _DAY, span.until.date() + _DAY
    files = _objects(str(log), days, faults) if is_s3(str(log)) else _files(Path(log), days, faults)
    try:
        for tables in files:
            for table in _watched(tables, faults):
                kept = _usable(table, span, faults)
                _count_tags(kept, tags)
                yield _columns(kept, len(span.classes))
    except (OSError, pa.ArrowException, zlib.error, EOFError) as error:
        raise RequestLogError(
            f"A request log is a folder, or an address at s3://, that `--log` wrote. {log} can't "
            f"be read ({getattr(error, 'strerror', None) or error}). Name the folder of a log, or "
            "restore the file from a backup."
        ) from error


_Days = tuple[date, date]  # the first and the last
_DAY = timedelta(days=1)
_NO_ROWS = to_table(())[0]


# === Rows ===


def _files(folder: Path, days: _Days, faults: Counter[str]) -> Iterator[Iterator[pa.Table]]:
    """Yields the rows of each file of a folder."""
    for segment in list_segments(folder):
        if days[0] <= segment.day <= days[1]:
            finished = segment.finished
            yield (
                _table_parts(segment, faults)
                if finished
                else _line_parts(read_lines(segment.lines), faults)
            )


def _objects(address: str, days: _Days, faults: Counter[str]) -> Iterator[Iterator[pa.Table]]:
    """Yields the rows of each part below an address; see `object_log`."""
    first, last = (day.isoformat() for day in days)
    bucket, prefix = address.removeprefix("s3://").rstrip("/").partition("/")[::2]
    found = False
    for one in list_objects(f"{address.rstrip('/')}/"):
        name = one.key.removeprefix(f"{prefix}/")
        found |= name.endswith(PART)
        if name.endswith(PART) and first <= name[:10] <= last:
            lines = gzip.decompress(read_object(f"s3://{bucket}/{one.key}")).splitlines()
            yield _line_parts(lines, faults)
    if not found:
        raise FileNotFoundError("there is no part of a log")


def _watched(tables: Iterator[pa.Table], faults: Counter[str]) -> Iterator[pa.Table]:
    """Yields the rows of a file in parts, and counts how often the clock went back."""
    last = np.datetime64(0, "ms")
    for table in tables:
        times = np.concatenate([[last], _times(table)])
        if table.num_rows:
            faults["clock went back"] += int(
                (np.diff(times) < -np.timedelta64(int(1000 * CLOCK_TOLERANCE), "ms")).sum()
            )
            last = times[-1]
        yield table


def _table_parts(segment: Segment, faults: Counter[str]) -> Iterator[pa.Table]:
    with pq.ParquetFile(segment.table) as file:
        faults["broken line"] += int((file.schema_arrow.metadata or {}).get(BROKEN, b"0"))
        for batch in file.iter_batches(_ROWS):
            yield with_all_columns(pa.Table.from_batches([batch]))


def _line_parts(lines: list[bytes], faults: Counter[str]) -> Iterator[pa.Table]:
    for start in range(0, len(lines), _ROWS):
        table, broken = to_table(lines[start : start + _ROWS])
        faults["broken line"] += broken
        yield table


def _usable(table: pa.Table, span: Span, faults: Counter[str]) -> pa.Table:
    """Returns the rows of the span; what is of the time but not of the version is counted."""
    times = _times(table)
    late = times >= np.datetime64(_naive(span.now), "ms") + np.timedelta64(
        int(1000 * CLOCK_TOLERANCE), "ms"
    )
    faults["time in the future"] += int(late.sum())
    in_time = (
        ~late
        & (times >= np.datetime64(_naive(span.since), "ms"))
        & (times < np.datetime64(_naive(span.until), "ms"))
    )
    rows = table.filter(pa.array(in_time))
    for fault, column, wanted in (
        ("another model", "model", span.model),
        ("another version", "version", span.version),
        ("other classes", "classes", classes_key(span.classes)),
    ):
        right = np.array([value == wanted for value in rows[column].to_pylist()], bool)
        wrong = ~right
        if column == "version":  # a shadow is another version, and no fault
            wrong &= ~np.array([bool(value) for value in rows["shadow"].to_pylist()], bool)
        faults[fault] += int(wrong.sum())
        rows = rows.filter(pa.array(right))
    return rows


def _count_tags(table: pa.Table, tags: Counter[str]) -> None:
    for text, count in Counter(table["tags"].to_pylist()).items():
        for name, value in json.loads(text or "{}").items():
            tags[f"{name} {value}"] += count


# === Columns ===


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _times(table: pa.Table) -> NDArray[np.datetime64]:
    return np.asarray(table["time"].cast(pa.timestamp("ms")).to_numpy(), "datetime64[ms]")


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.array(table[name].cast(pa.float64()).to_numpy(), np.float64)


def _flags(table: pa.Table, name: str) -> Floats:
    return np.array(table[name].cast(pa.int8()).cast(pa.float64()).to_numpy(), np.float64)


def _columns(table: pa.Table, classes: int) -> Logged:
    probabilities = table["probabilities"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return Logged(
        times=_times(table),
        images=np.array(table["image"].to_pylist(), "S64"),
        probabilities=np.asarray(probabilities, np.float32).reshape(-1, classes),
        uncertain=_flags(table, "uncertain"),
        out_of_distribution=_flags(table, "out_of_distribution"),
        latency=_numbers(table, "latency_ms"),
        quality={name: _numbers(table, name) for name in ("mean", "std", "width", "height")},
        formats=np.array([value or "" for value in table["format"].to_pylist()], np.str_),
        scores=_numbers(table, "out_of_distribution_score"),
        embeddings=from_stored(table["embedding"].to_pylist()),
        scanner=_scanner(table),
        studies=np.array([value or "" for value in table["study"].to_pylist()], "S16"),
    )


def _scanner(table: pa.Table) -> dict[str, NDArray[np.object_]]:
    """Reads the tags; equal values are one object, so that a row takes a pointer."""
    coded = table["tags"].combine_chunks().dictionary_encode()
    texts = [json.loads(text) for text in coded.dictionary.to_pylist()]
    codes = coded.indices.to_numpy(zero_copy_only=False)
    return {
        name: np.array([*(sys.intern(str(tags.get(name, ""))) for tags in texts), ""], object)[
            codes
        ]
        for name in SCANNER_TAGS
    }


def _combined(
    parts: list[Logged],
    combine: Callable[[list[NDArray]], NDArray],
    tags: Counter[str],
    faults: Counter[str],
) -> Logged:
    """Returns what `combine` makes of each column of some parts."""
    columns: dict[str, Any] = {}
    for name in [one.name for one in fields(Logged) if one.name not in ("tags", "faults")]:
        values = [getattr(part, name) for part in parts]
        columns[name] = (
            {key: combine([one[key] for one in values]) for key in values[0]}
            if isinstance(values[0], dict)
            else combine(values)
        )
    return Logged(**columns, tags=tags, faults=faults)
