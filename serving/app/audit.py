"""The audit log: which prediction which model gave for which image, without the image.

One JSON object a line. No pixels, no file name (it may hold a patient's name), no address of the
visitor: the hash finds the image again for those who have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from components.storage.append_log import append_json, check_appendable


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

    Args:
        path: the file; it is made if missing, readable by its owner only.

    Raises:
        OSError: it can't be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        check_appendable(path)

    def write(self, entry: Entry) -> None:
        """Appends a line; when this returns, it is on the disk.

        Raises:
            OSError: the line was not written; what was written of it is cut off.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        append_json(self._path, {"time": now.replace("+00:00", "Z"), **asdict(entry)})
