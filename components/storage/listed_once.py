"""Lists a folder once, however many steps of a run look at it.

At ten million files one listing takes a quarter of an hour. TFX builds the drivers and executors of
the nodes, so a list can't be passed to them; within `listed_once` they get the one that the run
started with. So all steps see the same files, also where some are added meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from components.storage import files

_lists: ContextVar[dict[str, tuple[files.FoundFile, ...]] | None] = ContextVar(
    "lists", default=None
)


@contextmanager
def listed_once() -> Iterator[None]:
    """Keeps the lists of `list_files` until the end of the block; inner blocks share them."""
    if _lists.get() is not None:
        yield
        return
    token = _lists.set({})
    try:
        yield
    finally:
        _lists.reset(token)


def list_files(base: str) -> tuple[files.FoundFile, ...]:
    """Returns every visible file below `base`, sorted by path, as `files.walk` finds them.

    Raises:
        OSError: a folder can't be listed.
        DataError: object storage can't be reached, or refuses access.
    """
    lists = _lists.get()
    if lists is None:
        return tuple(files.walk(base))
    if base not in lists:
        lists[base] = tuple(files.walk(base))
    return lists[base]


def walk_files(base: str, folder: str = "", deep: bool = True) -> Iterator[files.FoundFile]:
    """Yields the files as `files.walk` does, of the kept list if there is one for all of `base`.

    Raises:
        OSError: a folder can't be listed.
        DataError: object storage can't be reached, or refuses access.
    """
    if _lists.get() is None or folder or not deep:
        yield from files.walk(base, folder, deep)
    else:
        yield from list_files(base)


def is_listed(base: str) -> bool:
    """Whether this process keeps the list of `base` already."""
    return base in (_lists.get() or {})
