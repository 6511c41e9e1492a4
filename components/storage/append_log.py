"""Files of lines that are only ever added, by one process at a time, and read by their owner alone.

A write is whole or undone, and a half line of a killed process is removed before the next write.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

from components.storage.atomic_write import OWNER_ONLY

_BLOCK = 64 * 1024


class AppendFile(AbstractContextManager["AppendFile"]):
    """A file that is open for appending and locked against other processes until it is closed.

    Args:
        path: created, readable by its owner alone, if it does not exist.
        wait: whether to wait for a process that has the lock.

    Raises:
        BlockingIOError: another process has the lock, and `wait` is False.
        OSError: the file can't be written.
    """

    def __init__(self, path: Path, wait: bool = False) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, OWNER_ONLY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file and releases the lock."""
        os.close(self._descriptor)

    def append(self, data: bytes, sync: bool = False) -> None:
        """Adds all of the data, or none.

        Args:
            data: whole lines.
            sync: whether they must be on the disk when this returns, safe from a power cut.

        Raises:
            OSError: the disk is full, for example; the file is as it was.
        """
        size = os.fstat(self._descriptor).st_size
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._descriptor, left) :]
            if sync:
                os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, size)
            raise

    def clear(self) -> None:
        """Removes the whole content."""
        os.ftruncate(self._descriptor, 0)

    def torn_line(self) -> bytes:
        """Returns what comes after the last line break; b'' where the last line is whole."""
        start = os.fstat(self._descriptor).st_size
        tail = b""
        while start and b"\n" not in tail:
            before = max(0, start - _BLOCK)
            tail, start = os.pread(self._descriptor, start - before, before) + tail, before
        return tail.rpartition(b"\n")[2]

    def cut_torn_line(self) -> None:
        """Removes what comes after the last line break."""
        if torn := self.torn_line():
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - len(torn))


def check_appendable(path: Path) -> None:
    """Makes sure that lines can be added; creates the file and its folder.

    Raises:
        OSError: it can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    AppendFile(path, wait=True).close()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new file is still there after a power cut
    finally:
        os.close(folder)


def append_json(path: Path, values: Mapping[str, Any]) -> None:
    """Adds one JSON object as a line; when this returns, it is on the disk.

    The file is opened for each line, so that `logrotate` may move it away at any time.

    Args:
        path: the file, of JSON Lines.
        values: JSON-able.

    Raises:
        OSError: the line was not written; the file is as it was.
    """
    line = json.dumps(values, ensure_ascii=False).encode() + b"\n"
    with AppendFile(path, wait=True) as file:
        if _is_json(file.torn_line()):  # whole: an editor left out the line break
            file.append(b"\n")
        file.cut_torn_line()
        file.append(line, sync=True)


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
