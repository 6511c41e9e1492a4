"""Parquet where artifacts lie: on a disk, or in object storage as TFX opens it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tfx.dsl.io import fileio


@contextmanager
def open_parquet(path: str) -> Iterator[pq.ParquetFile]:
    """Opens a file of which only what is asked for is read."""
    with fileio.open(path, "rb") as file:
        yield pq.ParquetFile(pa.PythonFile(_Seekable(file), "r"))


def read_parquet(path: str, columns: list[str] | None = None) -> pa.Table:
    """Reads a small file as a whole.

    Not by `pq.read_table`: a thread of it that still starts when the process ends aborts it.
    """
    with fileio.open(path, "rb") as file, pq.ParquetFile(pa.BufferReader(file.read())) as parquet:
        return parquet.read(columns, use_threads=False)


def write_parquet(path: str, *groups: pa.Table) -> None:
    """Writes tables of one schema as the row groups of a file, an empty one too.

    A file of an earlier attempt is replaced.
    """
    memory = pa.BufferOutputStream()
    with pq.ParquetWriter(memory, groups[0].schema) as writer:
        for group in groups:
            writer.write_table(group, row_group_size=max(1, len(group)))
    with fileio.open(path, "wb") as file:
        file.write(memory.getvalue().to_pybytes())


class _Seekable(io.RawIOBase):
    """TensorFlow's file as pyarrow takes one: with `closed`, and a `seek` that tells the place."""

    def __init__(self, file: Any):
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._file.seek(offset, whence)
        return self._file.tell()

    def tell(self) -> int:
        return self._file.tell()
