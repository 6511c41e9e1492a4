"""A file that several processes may find, and one at a time appends to."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.runtime.errors import MedtfxError

_BLOCK = 64 * 1024


class AppendError(MedtfxError):
    """A file can't be appended to."""


class AppendFile:
    """A file that is open for appending and locked against other processes.

    Args:
        path: made if it is not there.

    Raises:
        AppendError: another process has it open here, or it can't be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with written_to(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise AppendError(
                f"Another run is writing {path}. Wait for it, or name another file with --out."
            ) from None

    def close(self) -> None:
        """Gives the file to others."""
        os.close(self._descriptor)

    def append(self, data: bytes) -> None:
        """Adds all of the data, or none.

        Raises:
            AppendError: the disk is full, say; the file is as it was.
        """
        size = os.fstat(self._descriptor).st_size
        with written_to(self.path):
            try:
                left = memoryview(data)
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except OSError:
                os.ftruncate(self._descriptor, size)
                raise

    def clear(self) -> None:
        """Drops what is in the file."""
        with written_to(self.path):
            os.ftruncate(self._descriptor, 0)

    def cut_torn_line(self) -> None:
        """Drops what comes after the last line break: a killed process may leave half a line."""
        end = os.fstat(self._descriptor).st_size
        start = end
        while start:
            before = max(0, start - _BLOCK)
            found = os.pread(self._descriptor, start - before, before).rfind(b"\n")
            if found >= 0:
                start = before + found + 1
                break
            start = before
        if start < end:
            with written_to(self.path):
                os.ftruncate(self._descriptor, start)


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Turns an error of the file system into a sentence about the file.

    Raises:
        AppendError: instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise AppendError(
            f"{path} can't be written: {error.strerror or error}. Make room or mend the rights, or "
            "name another file with --out; the rows that are in it stay."
        ) from error
