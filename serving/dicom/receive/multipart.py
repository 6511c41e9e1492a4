"""The parts of a multipart/related body, each written to a file as it arrives (PS3.18, 8.6.1.2)."""

from __future__ import annotations

import tempfile
from email.message import Message
from pathlib import Path
from typing import IO, Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from serving.dicom.errors import RefusedError

DICOM = "application/dicom"


def boundary_of(content_type: str) -> bytes:
    """Returns the boundary of a Content-Type.

    Raises:
        RefusedError: it is not multipart/related of application/dicom.
    """
    header = Message()
    header["content-type"] = content_type
    boundary, kind = header.get_param("boundary"), header.get_param("type", DICOM)
    if header.get_content_type() != "multipart/related" or not boundary or kind != DICOM:
        raise RefusedError(
            f'objects are stored as multipart/related; type="{DICOM}"; boundary=... Received: '
            f"{content_type[:200]!r}"
        )
    return str(boundary).encode()


class PartFiles:
    """Writes the parts of one body to files.

    Attributes:
        files: of the complete parts.
        is_complete: whether the closing boundary has arrived.

    Args:
        boundary: of the body.
        folder: for the files.
        part_bytes: of a part, at most.
        parts: at most.
    """

    def __init__(self, boundary: bytes, folder: Path, part_bytes: int, parts: int) -> None:
        self.files: list[Path] = []
        self.is_complete = False
        self._folder, self._part_bytes, self._parts = folder, part_bytes, parts
        self._file: IO[bytes] | None = None
        self._name = folder
        self._size = 0
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_part_data": self._write,
            "on_part_end": self._end,
            "on_end": self._complete,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except ValueError as error:  # of python_multipart, for a boundary that is too long
            raise RefusedError(f"the boundary can't be used: {error}") from error

    def write(self, data: bytes) -> None:
        """Takes the next bytes of the body.

        Raises:
            RefusedError: it is not multipart, or a part is too large.
        """
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise RefusedError(f"the body is not multipart/related: {error}") from error

    def close(self) -> None:
        """Removes what was not taken."""
        if self._file is not None:
            self._file.close()
            self._name.unlink(missing_ok=True)
        for file in self.files:
            file.unlink(missing_ok=True)

    def _begin(self) -> None:
        if len(self.files) == self._parts:
            raise RefusedError(f"a request has at most {self._parts} objects")
        descriptor, name = tempfile.mkstemp(dir=self._folder)
        self._file, self._name, self._size = open(descriptor, "wb"), Path(name), 0  # noqa: SIM115

    def _write(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._part_bytes:
            raise RefusedError(f"an object has at most {self._part_bytes} bytes")
        assert self._file is not None
        self._file.write(data[start:end])

    def _end(self) -> None:
        assert self._file is not None
        self._file.close()
        self.files.append(self._name)
        self._file = None

    def _complete(self) -> None:
        self.is_complete = True
