"""Work in two steps, as MapReduce does it: items → pieces with a key → a few files for each key.

In this process or on the workers of an engine, by the same functions; and neither holds more than
the pieces of one key.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol

from tfx.dsl.io import fileio

Piece = tuple[str, bytes]

_IN_MEMORY = 4 << 20  # bytes of a key's pieces; more wait on the disk
_LENGTH = 8  # bytes that hold the length of a piece


class Work(Protocol):
    """What is done; it can be pickled, and doing a part of it again changes nothing."""

    def emit(self, item: Any) -> Iterable[Piece]:
        """Returns key → piece of an item."""

    def reduce(self, key: str, pieces: Iterable[bytes]) -> Iterable[Piece]:
        """Returns file name → content for all pieces of a key, which come in any order."""


@dataclass(frozen=True)
class Workplace:
    """Where the work is done, and the folder of its files.

    Attributes:
        folder: its address; every worker can write there.
        make_pipeline: returns a pipeline of Beam for an engine; None: in this process, as Beam's
            runner for one machine takes seconds before the first item.
    """

    folder: str
    make_pipeline: Callable[[], Any] | None = None

    @property
    def on_engine(self) -> bool:
        """Whether workers of an engine do it."""
        return self.make_pipeline is not None

    def group(self, work: Work, items: Sequence[Any]) -> None:
        """Emits the pieces of all items, and writes the files of each key.

        Args:
            work: what is done.
            items: they can be pickled; each is worth a task of an engine.
        """
        if self.make_pipeline is not None:
            _on_engine(work, items, self.folder, self.make_pipeline)
            return
        with ExitStack() as opened:
            waiting: dict[str, IO[bytes]] = {}
            for item in items:
                for key, piece in work.emit(item):
                    if key not in waiting:
                        waiting[key] = opened.enter_context(SpooledTemporaryFile(_IN_MEMORY))
                    waiting[key].write(len(piece).to_bytes(_LENGTH, "big") + piece)
            for key in sorted(waiting):
                _write(work, self.folder, key, _pieces(waiting.pop(key)))

    def find(self, kind: str) -> list[str]:
        """Returns the paths of the files whose names begin so, sorted."""
        return sorted(fileio.glob(os.path.join(self.folder, f"{kind}*")))

    def write(self, name: str, content: bytes) -> str:
        """Writes a file for the workers, and returns its path."""
        return _write_file(self.folder, name, content)


def read_file(path: str) -> bytes:
    """Returns the content of a file of a workplace."""
    with fileio.open(path, "rb") as file:
        return bytes(file.read())


def _on_engine(
    work: Work, items: Sequence[Any], folder: str, make_pipeline: Callable[[], Any]
) -> None:
    import apache_beam as beam

    with make_pipeline() as pipeline:
        _ = (
            pipeline
            | "Items" >> beam.Create(items)
            | "Spread" >> beam.Reshuffle()
            | "Emit" >> beam.FlatMap(work.emit).with_output_types(tuple[str, bytes])
            | "Keys" >> beam.GroupByKey()
            | "Reduce" >> beam.MapTuple(lambda key, pieces: _write(work, folder, key, pieces))
        )


def _write(work: Work, folder: str, key: str, pieces: Iterable[bytes]) -> None:
    for name, content in work.reduce(key, pieces):
        _write_file(folder, name, content)


def _write_file(folder: str, name: str, content: bytes) -> str:
    path = os.path.join(folder, name)
    with fileio.open(path, "wb") as file:
        file.write(content)
    return path


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while length := file.read(_LENGTH):
            yield file.read(int.from_bytes(length, "big"))
