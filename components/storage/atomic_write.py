"""Files on a disk that are replaced in one step: a reader sees the old content or the new one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

READ_BY_ALL = 0o666  # less the process's umask
OWNER_ONLY = 0o600


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replaces a file, or makes it; text is written as UTF-8.

    Raises:
        OSError: it can't be written; the old file is as it was.
    """
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path, mode: int = READ_BY_ALL) -> Iterator[BinaryIO]:
    """Opens a new file that takes the place of `path` at the end of the block.

    After an exception in the block the old file is as it was, and nothing is left of the new one.

    Args:
        path: the file; its folder exists.
        mode: permissions of the new file, less the process's umask.

    Yields:
        The new file, open for writing, in the folder of `path`.

    Raises:
        OSError: it can't be written.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with open(descriptor, "wb") as file:
            yield file
            # Without it, a power cut may leave the new name with none of the content.
            file.flush()
            os.fsync(descriptor)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path) -> None:
    """Removes what a killed process left of new files, in a folder and those below it.

    Args:
        folder: which nobody else writes to now.

    Raises:
        OSError: it can't be removed.
    """
    for new in folder.rglob(".*.new"):
        new.unlink()
