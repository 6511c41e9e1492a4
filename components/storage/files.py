"""Listing and reading files: on a disk, or in object storage at gs:// or s3://.

Local paths use the standard library, so that checking a folder does not import TFX.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.runtime.errors import DataError
from components.storage import s3

_SCHEMES = ("gs://", "s3://")
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below a base folder.

    Attributes:
        relative: path below the base, with forward slashes.
        size: bytes, -1 if unknown.
        modified: nanoseconds since the epoch, 0 if unknown.
    """

    relative: str
    size: int
    modified: int


def is_remote(path: str) -> bool:
    """Whether `path` carries a scheme, as gs://bucket does."""
    return "://" in path


def walk(base: str) -> Iterator[FoundFile]:
    """Yields every visible file below `base`, sorted by path; symbolic links are followed.

    Hidden files and folders (a leading dot) are left out, and links to a folder above.

    Raises:
        OSError: a folder can't be listed.
        DataError: object storage can't be reached, or refuses access, or is of another scheme.
    """
    found = _walk_remote(base) if is_remote(base) else _walk_local(base)
    yield from sorted(found, key=lambda file: file.relative)


def read_bytes(base: str, relative: str) -> bytes:
    """Reads a whole file.

    Raises:
        OSError: the file can't be read.
    """
    if is_remote(base):
        address = f"{base.rstrip('/')}/{relative}"
        return s3.read_object(address) if s3.is_s3(base) else _read_remote(address)
    return Path(base, relative).read_bytes()


def read_head(base: str, relative: str, size: int) -> bytes:
    """Reads the first bytes of a file, or all if it has fewer; b'' if it is not a regular file.

    Raises:
        OSError: the file can't be read.
    """
    if is_remote(base):
        address = f"{base.rstrip('/')}/{relative}"
        if s3.is_s3(base):
            return s3.read_object(address, size)
        return _read_remote(address, size)
    path = Path(base, relative)
    if not path.is_file():  # reading a pipe may never end
        return b""
    with path.open("rb") as file:
        return file.read(size)


def _walk_local(base: str) -> Iterator[FoundFile]:
    # Not os.walk, which skips a folder that may not be read: its images would be missing unnoticed.
    if os.path.isdir(base):
        yield from _walk_folder(base, base, frozenset())


def _walk_folder(base: str, folder: str, above: frozenset[Path]) -> Iterator[FoundFile]:
    real = Path(folder).resolve()
    above = above | {real, *real.parents}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if not os.path.isdir(path):
            yield _stat(base, path)
        # A link to a folder above, or two that point at each other, would never end.
        elif Path(path).resolve() not in above:
            yield from _walk_folder(base, path, above)


def _stat(base: str, path: str) -> FoundFile:
    relative = os.path.relpath(path, base).replace(os.sep, "/")
    try:
        status = os.stat(path)
    except OSError:  # a dangling link: reading it later gives the reason in the quarantine
        return FoundFile(relative, -1, 0)
    return FoundFile(relative, status.st_size, status.st_mtime_ns)


def _walk_remote(base: str) -> Iterator[FoundFile]:
    if not base.startswith(_SCHEMES):
        raise DataError(
            f"The data folder must be a path, gs://BUCKET/... or s3://BUCKET/... Received: {base!r}"
        )
    for found in _objects_at_s3(base) if s3.is_s3(base) else _matches_of_beam(base):
        # Consoles and file browsers make empty objects whose names end with / as folders.
        hidden = any(part.startswith(".") for part in found.relative.split("/"))
        if not hidden and not found.relative.endswith("/") and found.relative:
            yield found


def _objects_at_s3(base: str) -> Iterator[FoundFile]:
    if trouble := s3.trouble_with_bucket(base):
        raise DataError(f"The data folder {base!r} can't be listed: {trouble}")
    prefix = base.rstrip("/") + "/"
    inside = len(prefix.removeprefix("s3://").partition("/")[2])
    for found in s3.list_objects(prefix):
        modified = int(found.modified.timestamp()) * _NANOSECONDS
        yield FoundFile(found.key[inside:], found.size, modified)


def _matches_of_beam(base: str) -> Iterator[FoundFile]:
    from apache_beam.io.filesystem import BeamIOError
    from apache_beam.io.filesystems import FileSystems

    prefix = base.rstrip("/") + "/"
    try:
        (matched,) = FileSystems.match([prefix + "**"])
    except (BeamIOError, ValueError) as error:
        raise DataError(
            f"The data folder {base!r} can't be listed: {_cause(error)}. Check the address, and "
            "the rights of this machine's account."
        ) from error
    for match in matched.metadata_list:
        modified = int((match.last_updated_in_seconds or 0) * _NANOSECONDS)
        yield FoundFile(match.path[len(prefix) :], match.size_in_bytes, modified)


def _cause(error: Exception) -> str:
    """Returns the first reason among those that Beam collects, as one line."""
    details = getattr(error, "exception_details", None) or {}
    while isinstance(details, dict) and details:
        error = next(iter(details.values()))
        details = getattr(error, "exception_details", None)
    return " ".join(str(error).split()).rstrip(".")


def _read_remote(address: str, size: int = -1) -> bytes:
    import tensorflow as tf

    try:
        with tf.io.gfile.GFile(address, "rb") as file:
            return file.read(size)
    except tf.errors.OpError as error:
        raise OSError(f"{address}: {error.message}") from error
