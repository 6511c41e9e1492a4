"""The request log on object storage: parts that are uploaded whole.

Nothing can be appended to an object, so each writer collects lines in memory and uploads them as an
object of its own: once a minute, when there are some megabytes, and when it ends. A writer that is
killed loses what it had collected, at most one part. While the storage can't be reached, lines are
kept up to a bound, and tried again.
"""

import atexit
import gzip
import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from components.storage import s3
from serving.request_log.errors import RequestLogError
from serving.request_log.record import LogRecord

log = logging.getLogger("medtfx.request_log")

PART_BYTES, PART_SECONDS = 4 * 2**20, 60.0
_MOST_BYTES = 64 * 2**20  # that wait for a storage which can't be reached
PART = ".jsonl.gz"


class ObjectLog:
    """The log below an address, which several processes and threads may write at the same time.

    Args:
        address: at s3://.
        clock: returns the time in UTC.
        seconds: between two uploads.

    Raises:
        RequestLogError: the bucket can't be used.
    """

    def __init__(
        self,
        address: str,
        clock: Callable[[], datetime],
        seconds: float = PART_SECONDS,
    ) -> None:
        if trouble := s3.trouble_with_bucket(address):
            raise RequestLogError(f"A request log needs storage that can be written: {trouble}")
        self._address, self._clock, self._seconds = address.rstrip("/"), clock, seconds
        self._writer = uuid.uuid4().hex[:12]
        self._lines: list[bytes] = []
        self._bytes = self._missing = self._parts = 0
        self._lock, self._uploading = threading.Lock(), threading.Lock()
        self._full, self._closed = threading.Event(), False
        threading.Thread(target=self._keep_uploading, name="request log", daemon=True).start()
        atexit.register(self.close)

    def add(self, records: Sequence[LogRecord]) -> None:
        """Collects a line for each record."""
        with self._lock:
            now = self._clock()  # under the lock, so that the times of a part ascend
            lines = [record.line(now) for record in records]
            size = sum(map(len, lines))
            if self._bytes + size > _MOST_BYTES:
                self._missing += len(lines)
                return
            self._lines += lines
            self._bytes += size
            if self._bytes >= PART_BYTES:
                self._full.set()

    def close(self) -> None:
        """Uploads what has been collected, at the end."""
        atexit.unregister(self.close)
        self._closed = True
        self._full.set()
        self.upload()

    def upload(self) -> None:
        """Uploads what has been collected as one part; if that fails, it is kept."""
        with self._uploading:
            with self._lock:
                lines, self._lines = self._lines, []
                number, self._bytes = self._bytes, 0
            if not lines:
                return
            try:
                content = gzip.compress(b"".join(lines), 5)
                s3.write_object(f"{self._address}/{self._name()}", content)
            except OSError as error:
                with self._lock:
                    self._lines, self._bytes = lines + self._lines, self._bytes + number
                log.warning("%d predictions wait for the request log: %s", len(lines), error)
            if self._missing:
                log.warning("%d predictions are missing in the request log", self._missing)
                self._missing = 0

    def _name(self) -> str:
        """Returns a name that is not used: day and time, writer, and number of the part."""
        self._parts += 1
        return f"{self._clock():%Y-%m-%d.%H%M%S}-{self._writer}-{self._parts}{PART}"

    def _keep_uploading(self) -> None:
        while not self._closed:
            self._full.wait(self._seconds)
            self._full.clear()
            self.upload()
