"""Adds predictions to the request log of a folder. Neither TensorFlow nor pyarrow is imported."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone
from pathlib import Path

from components.storage.append_log import AppendFile
from components.storage.s3 import is_s3
from serving.request_log.errors import RequestLogError
from serving.request_log.object_log import ObjectLog
from serving.request_log.record import LogRecord, PredictionLog
from serving.request_log.segments import LOCK, Segment, list_segments
from serving.request_log.study import make_study_key

log = logging.getLogger("medtfx.request_log")

SEGMENT_BYTES = 16 * 2**20  # some 30,000 predictions; compacting one takes about a second
_SILENCE = 60.0  # seconds between two warnings about the same disk


def _now() -> datetime:
    return datetime.now(timezone.utc)


def open_log(folder: Path | str) -> PredictionLog:
    """Opens the log of a folder, or of an address at s3://.

    Raises:
        RequestLogError: it can't be written.
    """
    if is_s3(str(folder)):
        return ObjectLog(str(folder), _now)
    if "://" in str(folder):
        raise RequestLogError(
            f"A request log is a folder or an address at s3://. Received: {str(folder)!r}."
        )
    return RequestLog(Path(folder))


class RequestLog:
    """The log of a folder, which several processes and threads may write at the same time.

    A prediction is worth more than its line: where the disk is full, `add` warns and returns.

    Args:
        folder: made, readable by its owner alone, if it does not exist.
        segment_bytes: size from which on a new file is begun.
        clock: returns the time in UTC.

    Raises:
        RequestLogError: the folder can't be written.
    """

    def __init__(
        self,
        folder: Path,
        segment_bytes: int = SEGMENT_BYTES,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.folder, self._segment_bytes, self._clock = folder, segment_bytes, clock
        self._warned = -_SILENCE
        self._key = b""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            AppendFile(folder / LOCK, wait=True).close()
        except OSError as error:
            raise RequestLogError(
                "A request log needs a folder that can be written. Received: "
                f"{folder} ({error.strerror or error}). Name another folder."
            ) from error

    def add(self, records: Sequence[LogRecord]) -> None:
        """Adds a line for each record: all of them, or, after an error of the disk, none."""
        if not records:
            return
        try:
            with AppendFile(self.folder / LOCK, wait=True):
                now = self._clock()  # under the lock, so that the times of one machine ascend
                if not self._key and any(record.facts.study_uid for record in records):
                    self._key = make_study_key(self.folder)
                lines = b"".join(record.line(now, self._key) for record in records)
                self._append(now.date(), lines)
        except OSError as error:
            if time.monotonic() - self._warned >= _SILENCE:
                self._warned = time.monotonic()
                log.warning(
                    "%d predictions are missing in the request log %s: %s",
                    len(records),
                    self.folder,
                    error,
                )

    def close(self) -> None:
        """Nothing is left to do: each line is in its file."""

    def _append(self, day: date, lines: bytes) -> None:
        with AppendFile(self._segment(day).lines, wait=True) as file:
            if file.torn_line():  # of a process that was killed: the reader counts it
                lines = b"\n" + lines
            file.append(lines)

    def _segment(self, day: date) -> Segment:
        """Returns the last segment of a day, or the next one if that is finished or full."""
        last = max((one for one in list_segments(self.folder) if one.day == day), default=None)
        if last is None:
            return Segment(day, 1, self.folder)
        full = last.finished or last.lines.stat().st_size >= self._segment_bytes
        return Segment(day, last.number + 1, self.folder) if full else last
