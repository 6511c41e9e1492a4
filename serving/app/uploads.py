"""Images of a multipart request, in memory alone, and cut off where they are too large.

Starlette's own form parser writes files of more than 1 MB to the disk, where pixels must not be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import anyio
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from serving.app.settings import Limits
from serving.protocol.byte_budget import BusyError

_LONGEST_NAME = 120  # characters that are kept of a file name
_MAX_PARTS_BESIDE_FILES = 8


@dataclass(frozen=True)
class Upload:
    """One image of an upload.

    Attributes:
        name: of the file, as the browser gives it; only shown.
        data: the bytes; empty where they were cut off.
        too_large: whether there were more bytes than allowed.
    """

    name: str
    data: bytes = field(repr=False)
    too_large: bool = False


class RefusedUploadError(Exception):
    """The whole upload is refused.

    Attributes:
        kind: of the error: 'no_files', 'too_many_files', 'upload_too_large', 'too_slow', 'busy'
            or 'broken_upload'.
        status: of the HTTP response.
    """

    def __init__(self, kind: str, status: int) -> None:
        super().__init__(kind)
        self.kind, self.status = kind, status


async def read_uploads(
    request: Request, limits: Limits, count: Callable[[int], None] = lambda _: None
) -> list[Upload]:
    """Reads the files of a multipart/form-data request.

    Args:
        request: its body is read.
        limits: of the upload.
        count: called with the bytes of each chunk; raises `BusyError` if there is no memory left.

    Raises:
        RefusedUploadError: too many files or bytes, too slow, no file at all, or not multipart.
    """
    try:
        with anyio.fail_after(limits.seconds):
            uploads = await _parse(request, limits, count)
    except BusyError as error:
        raise RefusedUploadError("busy", 503) from error
    except TimeoutError as error:
        raise RefusedUploadError("too_slow", 408) from error
    except (FormParserError, ClientDisconnect) as error:
        raise RefusedUploadError("broken_upload", 400) from error
    if not uploads:
        raise RefusedUploadError("no_files", 400)
    return uploads


async def _parse(request: Request, limits: Limits, count: Callable[[int], None]) -> list[Upload]:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise RefusedUploadError("broken_upload", 400)
    parts = _Parts(limits)
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": parts.begin,
            "on_header_field": parts.header_name,
            "on_header_value": parts.header_value,
            "on_header_end": parts.header_end,
            "on_part_data": parts.content,
            "on_part_end": parts.end,
            "on_end": parts.finish,
        },
    )
    async for chunk in _bounded(request, limits.request_bytes):
        count(len(chunk))
        parser.write(chunk)
    if not parts.finished:
        raise RefusedUploadError("broken_upload", 400)
    return parts.uploads


async def _bounded(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yields the body up to a limit.

    Raises:
        RefusedUploadError: it is longer.
    """
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total <= limit:
            yield chunk
        # A browser reads no response while it sends. So as much again is thrown away before the
        # connection is closed: an upload a little over the limit gets the reason.
        elif total > 2 * limit:
            break
    if total > limit:
        raise RefusedUploadError("upload_too_large", 413)


class _Parts:
    """Collects the parts that are files; the callbacks of a `MultipartParser`."""

    def __init__(self, limits: Limits) -> None:
        self.uploads: list[Upload] = []
        self.finished = False
        self._limits, self._beside = limits, 0

    def begin(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._data = bytearray()
        self._too_large = False

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def content(self, data: bytes, start: int, end: int) -> None:
        if self._too_large or len(self._data) + end - start > self._limits.file_bytes:
            self._too_large = True
            self._data.clear()
        else:
            self._data += data[start:end]

    def end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"filename")
        if not name:  # a field, or the empty file that a browser sends when none was chosen
            self._beside += 1
            if self._beside > _MAX_PARTS_BESIDE_FILES:
                raise RefusedUploadError("broken_upload", 400)
            return
        if len(self.uploads) == self._limits.files:
            raise RefusedUploadError("too_many_files", 413)
        self.uploads.append(Upload(_shown(name), bytes(self._data), self._too_large))

    def finish(self) -> None:
        self.finished = True


def _shown(name: bytes) -> str:
    """The last part of a path, short enough to be shown."""
    text = name.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    printable = "".join(char for char in text if char.isprintable())
    return printable if len(printable) <= _LONGEST_NAME else printable[:_LONGEST_NAME] + "…"
