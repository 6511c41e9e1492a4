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


def walk(base: str, folder: str = "", deep: bool = True) -> Iterator[FoundFile]:
    """Yields every visible file below `base`, sorted by path; symbolic links are followed.

    Hidden files and folders (a leading dot) are left out, and links to a folder above. Of a disk no
    more than the names in one folder are in memory, of s3:// one answer of 1,000 files.

    Args:
        base: a path, or an address of object storage.
        folder: only what lies in this folder below it, with forward slashes.
        deep: whether the folders in it count too.

    Raises:
        OSError: a folder can't be listed.
        DataError: object storage can't be reached, or refuses access, or is of another scheme.
    """
    yield from (_walk_remote if is_remote(base) else _walk_local)(base, folder, deep)


def subfolders(base: str, folder: str = "", among_files: bool = False) -> list[str] | None:
    """Returns the visible folders in a folder; None if there are files beside them, or at gs://.

    Args:
        base: a path, or an address of object storage.
        folder: below it, with forward slashes.
        among_files: whether there may be files beside them. Where not, the first file that is found
            ends the search, as there may be millions.

    Raises:
        OSError: it can't be listed.
    """
    if s3.is_s3(base):
        return _prefixes_at_s3(base, folder, among_files)
    if is_remote(base):
        return None
    if not os.path.isdir(base):
        return []
    found = []
    for name, _path, is_folder in _children(os.path.join(base, folder)):
        if is_folder:
            found.append(_below(folder, name))
        elif not among_files:
            return None
    return found


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


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _walk_local(base: str, folder: str, deep: bool) -> Iterator[FoundFile]:
    # Not os.walk, which skips a folder that may not be read: its images would be missing unnoticed.
    top = os.path.join(base, folder)
    if not os.path.isdir(top):
        return
    parts = folder.split("/") if folder else []
    above = [Path(base, *parts[:count]).resolve() for count in range(len(parts) + 1)]
    yield from _walk_folder(top, folder, frozenset(above), deep)


def _walk_folder(
    folder: str, relative: str, above: frozenset[Path], deep: bool
) -> Iterator[FoundFile]:
    real = Path(folder).resolve()
    above = above | {real, *real.parents}
    for name, path, is_folder in _children(folder):
        below = _below(relative, name)
        if not is_folder:
            yield _stat(below, path)
        # A link to a folder above, or two that point at each other, would never end.
        elif deep and Path(path).resolve() not in above:
            yield from _walk_folder(path, below, above, deep)


def _children(folder: str) -> list[tuple[str, str, bool]]:
    """Returns (name, path, whether it is a folder) of what is visible in a folder.

    In the order in which the paths of all files below come out sorted: `a.png`, then `a/b.png`.
    """
    with os.scandir(folder) as entries:
        found = [
            (entry.name, entry.path, _is_folder(entry))
            for entry in entries
            if not entry.name.startswith(".")
        ]
    return sorted(found, key=lambda child: child[0] + "/" if child[2] else child[0])


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links that lead to each other
        return False


def _stat(relative: str, path: str) -> FoundFile:
    try:
        status = os.stat(path)
    except OSError:  # a dangling link: reading it later gives the reason in the quarantine
        return FoundFile(relative, -1, 0)
    return FoundFile(relative, status.st_size, status.st_mtime_ns)


def _walk_remote(base: str, folder: str, deep: bool) -> Iterator[FoundFile]:
    if not base.startswith(_SCHEMES):
        raise DataError(
            f"The data folder must be a path, gs://BUCKET/... or s3://BUCKET/... Received: {base!r}"
        )
    list_objects = _objects_at_s3 if s3.is_s3(base) else _matches_of_beam
    for found in list_objects(base, folder, deep):
        # Consoles and file browsers make empty objects whose names end with / as folders.
        hidden = any(part.startswith(".") for part in found.relative.split("/"))
        if not hidden and not found.relative.endswith("/") and found.relative:
            yield found


def _objects_at_s3(base: str, folder: str, deep: bool) -> Iterator[FoundFile]:
    _check_bucket(base)
    inside = len(s3.key_of(base.rstrip("/") + "/"))
    last = ""
    for found in s3.list_objects(_prefix(base, folder), deep):
        if found.key < last:
            raise DataError(
                f"The bucket of {base!r} lists {found.key!r} after {last!r}. The files must come "
                "in the order of their names, which directory buckets do not keep: use a general "
                "purpose bucket."
            )
        last = found.key
        modified = int(found.modified.timestamp()) * _NANOSECONDS
        yield FoundFile(found.key[inside:], found.size, modified)


def _prefixes_at_s3(base: str, folder: str, among_files: bool) -> list[str] | None:
    _check_bucket(base)
    names = s3.list_prefixes(_prefix(base, folder), among_files)
    if names is None:
        return None
    return [_below(folder, name) for name in names if not name.startswith(".")]


def _check_bucket(base: str) -> None:
    if trouble := s3.trouble_with_bucket(base):
        raise DataError(f"The data folder {base!r} can't be listed: {trouble}")


def _prefix(base: str, folder: str) -> str:
    return "/".join(part.strip("/") for part in (base, folder) if part) + "/"


def _matches_of_beam(base: str, folder: str, deep: bool) -> Iterator[FoundFile]:
    from apache_beam.io.filesystem import BeamIOError
    from apache_beam.io.filesystems import FileSystems

    inside = len(base.rstrip("/")) + 1
    try:
        (matched,) = FileSystems.match([_prefix(base, folder) + ("**" if deep else "*")])
    except (BeamIOError, ValueError) as error:
        raise DataError(
            f"The data folder {base!r} can't be listed: {_cause(error)}. Check the address, and "
            "the rights of this machine's account."
        ) from error
    for match in sorted(matched.metadata_list, key=lambda found: found.path):
        modified = int((match.last_updated_in_seconds or 0) * _NANOSECONDS)
        yield FoundFile(match.path[inside:], match.size_in_bytes, modified)


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
