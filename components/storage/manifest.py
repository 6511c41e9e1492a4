"""The manifest: one row for each file of the data folder, in Parquet, beside the Examples.

ImageExampleGen writes it into the folder `manifest` of the Examples' artifact, a file for each
shard, of the same name as its TFRecords but for the suffix. Whoever wants to know which images
there are reads it, and lists nothing again.

    column    type          holds
    path      binary        path below the data folder, with forward slashes; UTF-8 if the name is
    size      int64         bytes, -1 if unknown
    modified  int64         nanoseconds since the epoch, 0 if unknown
    label     string        class; null for a file that was left out by rule, or without classes
    patient   string        keyed hash, 16 hex digits; null for a file that was left out by rule
    split     string        `train`, `eval`, `test` or `unlabelled`; null as above
    digest    binary        of the decoded pixels, 16 bytes, as `imaging.measures` has it; null if
                            there is no Example, or no class
    metadata  string        columns of the metadata CSV as JSON, null if there are none
    reason    string        why there is no Example of the file, see `imaging.quarantine`; else null
    detail    string        a sentence about the reason, or null
    notes     list<string>  what was read differently from what the file states

A row with `reason` null is an Example of the shard, in the file of its split.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from tfx.dsl.io import fileio

from components.storage.parquet import read_parquet, write_parquet

Row = dict[str, Any]

FOLDER = "manifest"  # in the Examples' artifact, beside the folders of its splits

SCHEMA = pa.schema(
    [
        ("path", pa.binary()),
        ("size", pa.int64()),
        ("modified", pa.int64()),
        ("label", pa.string()),
        ("patient", pa.string()),
        ("split", pa.string()),
        ("digest", pa.binary()),
        ("metadata", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("notes", pa.list_(pa.string())),
    ]
)


def write_rows(path: str, rows: Sequence[Row]) -> None:
    """Writes the rows of a shard; those of an earlier attempt are replaced.

    Args:
        path: of the file.
        rows: column → value; a missing one is null, `path` is text.
    """
    encoded = [{**row, "path": encode(row["path"])} for row in rows]
    write_parquet(path, pa.Table.from_pylist(encoded, SCHEMA))


def read_shard(examples_uri: str, name: str) -> list[Row]:
    """Returns the rows of a shard as `write_rows` took them.

    Args:
        examples_uri: of the artifact.
        name: of the shard's files, without suffix.
    """
    table = read_parquet(os.path.join(examples_uri, FOLDER, f"{name}.parquet"))
    return list(map(_decoded, table.to_pylist()))


def read_tables(examples_uri: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yields the rows of one shard after the other, so that memory does not grow with the images.

    Args:
        examples_uri: of the artifact.
        columns: to read; None: all.
    """
    for path in sorted(fileio.glob(os.path.join(examples_uri, FOLDER, "*.parquet"))):
        yield read_parquet(path, None if columns is None else list(columns))


def read_rows(examples_uri: str, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Yields the rows as `write_rows` took them."""
    for table in read_tables(examples_uri, columns):
        yield from map(_decoded, table.to_pylist())


def encode(path: str) -> bytes:
    """Returns a path as the column holds it."""
    return path.encode(errors="surrogateescape")


def decode(path: bytes) -> str:
    """Returns the path of a cell of the column."""
    return path.decode(errors="surrogateescape")


def _decoded(row: Row) -> Row:
    return {**row, "path": decode(row["path"])} if "path" in row else row
