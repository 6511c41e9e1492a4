"""The columns of the request log, and its lines as a table of Arrow."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.saved_model.embedding import SIZE, from_text
from components.storage.append_log import AppendFile
from components.storage.atomic_write import OWNER_ONLY, replacing
from components.storage.s3 import is_s3
from serving.request_log.segments import LOCK, Segment, list_segments

BROKEN = b"medtfx.broken_lines"  # key of the metadata of a Parquet file
SCHEMA = pa.schema(
    [
        pa.field("time", pa.timestamp("ms", "UTC"), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("version", pa.int64()),
        pa.field("classes", pa.string(), nullable=False),  # a JSON list, the same in most rows
        pa.field("probabilities", pa.list_(pa.float32()), nullable=False),
        pa.field("uncertain", pa.bool_()),
        pa.field("out_of_distribution", pa.bool_()),
        pa.field("out_of_distribution_score", pa.float32()),
        pa.field("embedding", pa.binary(2 * SIZE)),  # float16, little-endian
        pa.field("latency_ms", pa.float32()),
        pa.field("image", pa.string(), nullable=False),
        pa.field("format", pa.string()),
        pa.field("width", pa.int32()),
        pa.field("height", pa.int32()),
        pa.field("mean", pa.float32()),
        pa.field("std", pa.float32()),
        pa.field("tags", pa.string()),  # a JSON object
        pa.field("study", pa.string()),
        pa.field("shadow", pa.bool_()),
    ]
)


_KINDS: dict[pa.DataType, type | tuple[type, ...]] = {
    pa.bool_(): bool, pa.int32(): int, pa.int64(): int, pa.float32(): (int, float), pa.string(): str
}  # fmt: skip
_CHECKED = [
    (field.name, _KINDS[field.type], field.nullable) for field in SCHEMA if field.type in _KINDS
]


def classes_key(classes: Iterable[str]) -> str:
    """Returns the value of the column `classes`."""
    return json.dumps(list(classes), ensure_ascii=False)


def to_table(lines: Iterable[bytes]) -> tuple[pa.Table, int]:
    """Returns the rows of some lines, and how many lines are broken."""
    rows: list[dict[str, Any]] = []
    broken = 0
    for line in lines:
        try:
            rows.append(_row(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError):
            broken += 1
    return pa.Table.from_pylist(rows, SCHEMA), broken


def _row(values: dict[str, Any]) -> dict[str, Any]:
    """Returns the columns of a line; every value has the type of its column."""
    probabilities = values["probabilities"]
    time, embedding = datetime.fromisoformat(values["time"]), values.get("embedding")
    row = {name: values.get(name) for name in SCHEMA.names}
    row |= {
        "time": time,
        "classes": classes_key(probabilities),
        "probabilities": [float(value) for value in probabilities.values()],
        "embedding": None if embedding is None else from_text(embedding),
        "tags": json.dumps(values.get("tags") or {}, ensure_ascii=False),
    }
    if time.tzinfo is None or not probabilities:
        raise ValueError
    for name, kind, may_be_missing in _CHECKED:
        if not (isinstance(row[name], kind) or (may_be_missing and row[name] is None)):
            raise TypeError(name)
    return row


def with_all_columns(table: pa.Table) -> pa.Table:
    """Adds the columns that an earlier medtfx did not write, without values."""
    for field in SCHEMA:
        if field.name not in table.column_names:
            table = table.append_column(field, pa.nulls(len(table), field.type))
    return table


def read_lines(path: Path) -> list[bytes]:
    """Returns the lines of a file; a half line at its end is one of them."""
    return path.read_bytes().splitlines()


def compact(log: Path | str, today: date) -> int:
    """Turns the segments of past days into Parquet files. The parts at s3:// stay as they are.

    Args:
        log: its folder, or its address at s3://.
        today: in UTC; its segments are still written.

    Returns:
        The number of new Parquet files.

    Raises:
        OSError: the folder can't be written.
    """
    if is_s3(str(log)):
        return 0
    folder, made = Path(log), 0
    for segment in list_segments(folder):
        if segment.day < today and segment.lines.exists():
            with AppendFile(folder / LOCK, wait=True):
                made += _compact(segment)
    return made


def _compact(segment: Segment) -> int:
    made = 0
    if not segment.finished:
        table, broken = to_table(read_lines(segment.lines))
        table = table.replace_schema_metadata({BROKEN: str(broken).encode()})
        with replacing(segment.table, OWNER_ONLY) as file:
            pq.write_table(table, file, compression="zstd")
        made = 1
    segment.lines.unlink(missing_ok=True)  # another compaction may have been faster
    return made
