"""The audit log: which prediction which model gave for which image, without the image.

One JSON object a line. No pixels, no file name (it may hold a patient's name), no address of the
visitor: the hash finds the image again for those who have it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes:
        model: its name.
        version: that was asked; None where none was.
        sha256: of the uploaded bytes, hexadecimal; None where they were not received whole.
        label: the most probable class, or None.
        probabilities: by class; None where there is no prediction.
        uncertain: whether the prediction is not to be relied on, or None.
        out_of_distribution: whether the image is unlike the training images, or None.
        error: kind of the error, such as 'not_an_image'; None where there is a prediction.
    """

    model: str
    version: int | None = None
    sha256: str | None = None
    label: str | None = None
    probabilities: Mapping[str, float] | None = None
    uncertain: bool | None = None
    out_of_distribution: bool | None = None
    error: str | None = None


class AuditLog:
    """Appends to a file that other processes may append to as well.

    The file is opened for each line, so that `logrotate` may move it away at any time.

    Args:
        path: the file; it is made if missing, readable by its owner only.

    Raises:
        OSError: it can't be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(self._open())
        _sync_folder(path.parent)

    def write(self, entry: Entry) -> None:
        """Appends a line; when this returns, it is on the disk.

        Raises:
            OSError: the line was not written, or not wholly; what was written of it is cut off.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        values = {"time": now.replace("+00:00", "Z"), **asdict(entry)}
        line = (json.dumps(values, ensure_ascii=False) + "\n").encode()
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _append(file, line)
        finally:
            os.close(file)  # frees the lock

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _append(file: int, line: bytes) -> None:
    end = os.fstat(file).st_size
    # A process that was killed while it wrote leaves half a line: ours begins on one of its own.
    if end and os.pread(file, 1, end - 1) != b"\n":
        line = b"\n" + line
    try:
        written = os.write(file, line)
        if written != len(line):
            raise OSError(f"only {written} of {len(line)} bytes were written: is the disk full?")
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


def _sync_folder(folder: Path) -> None:
    """Makes sure that a new file is still there after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
