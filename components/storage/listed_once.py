"""Lists a folder once, however many steps of a run look at it.

TFX builds the drivers and executors of the nodes, so a list can't be passed to them; within
`listed_once` they get the one that the run started with. So all steps see the same files, also
where some are added meanwhile. The list lies on disk, so that it takes no memory.
"""

import heapq
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain, islice
from pathlib import Path

from components.runtime.threads import map_in_threads
from components.storage import files
from components.storage.folders import Folder, parted

_THREADS = 16  # that list: each waits for a disk on the network, or for object storage
_PARTS = 256  # of a data folder, at least where it has so many folders
_BATCH = 5_000  # files that are read or written at once


class _Lists:
    """Lists of several folders, in a temporary one.

    Args:
        folder: the temporary one.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._paths: dict[str, list[list[Path]]] = {}

    def files(self, base: str) -> Iterator[files.FoundFile]:
        if base not in self._paths:
            self._paths[base] = self._list(base)
        lists = (chain.from_iterable(map(_read, paths)) for paths in self._paths[base])
        return heapq.merge(*lists, key=lambda file: file.relative)

    def _list(self, base: str) -> list[list[Path]]:
        """Returns groups of lists; those of a group follow each other in the order of the paths."""

        def write(item: tuple[int, Folder]) -> Path:
            number, part = item
            path = self._folder / f"{len(self._paths)}-{number}"
            found = files.walk(base, part.path, part.deep)
            with path.open("wb") as file:
                while batch := list(islice(found, _BATCH)):
                    plain = [(one.relative, one.size, one.modified) for one in batch]
                    pickle.dump(plain, file)
            return path

        parts = sorted(parted(base, _PARTS), key=lambda part: f"{part.path}/")
        written = list(map_in_threads(write, enumerate(parts), _THREADS))
        # There may be more parts than a process may have open files. Whole folders are read one
        # after the other; between them come the few files that lie beside folders.
        whole = [path for part, path in zip(parts, written, strict=True) if part.deep]
        beside = [path for path in set(written) - set(whole) if path.stat().st_size]
        return [whole, *([path] for path in beside)]


_lists: ContextVar[_Lists | None] = ContextVar("lists", default=None)


@contextmanager
def listed_once() -> Iterator[None]:
    """Keeps the lists of `walk_files` until the end of the block; inner blocks share them."""
    if _lists.get() is not None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="medtfx-list-") as folder:
        token = _lists.set(_Lists(Path(folder)))
        try:
            yield
        finally:
            _lists.reset(token)


def walk_files(base: str) -> Iterator[files.FoundFile]:
    """Yields every visible file below `base`, sorted by path, as `files.walk` finds them.

    Raises:
        OSError: a folder can't be listed.
        DataError: object storage can't be reached, or refuses access.
    """
    lists = _lists.get()
    yield from files.walk(base) if lists is None else lists.files(base)


def list_files(base: str) -> tuple[files.FoundFile, ...]:
    """Returns what `walk_files` yields, 250 bytes of memory a file."""
    return tuple(walk_files(base))


def _read(path: Path) -> Iterator[files.FoundFile]:
    with path.open("rb") as file:
        while True:
            try:
                batch = pickle.load(file)  # which this process has written
            except EOFError:
                return
            for relative, size, modified in batch:
                yield files.FoundFile(relative, size, modified)
