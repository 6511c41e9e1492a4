"""Which files are to be read as images: by their suffix, or without one by their first bytes.

Scanners and PACS write DICOM without a suffix: `IM000001`, or a UID such as `1.2.840.113619.2.55`.
"""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from components.imaging.images import is_image_name
from components.imaging.signature import sniff
from components.imaging.unreadable import UnreadableImage
from components.storage import files

_SUFFIX = re.compile(r"\.(?=[^.]*[A-Za-z])[A-Za-z0-9]+$")  # without a letter it is part of a UID
_HEAD = 256  # bytes; DICOM's mark ends at 132
_READERS = 16  # threads: a request each where the files lie in object storage
_DIRECTORY = "DICOMDIR"  # the table of contents of a DICOM medium; no image, but DICOM


def image_files(base: str, names: Iterable[str]) -> frozenset[str]:
    """Returns those that are to be read.

    A regular file that has no suffix and can't be opened is among them: reading it gives the
    reason, and no image is lost in silence.

    Args:
        base: folder, or address of object storage.
        names: paths below it, with forward slashes.
    """
    names = list(names)
    unnamed = [name for name in names if may_be_unnamed(name)]
    with ThreadPoolExecutor(_READERS) as pool:
        begins = pool.map(lambda name: _begins_as_image(base, name), unnamed)
        found = {name for name, begins_so in zip(unnamed, begins, strict=True) if begins_so}
    return frozenset(found.union(filter(is_image_name, names)))


def may_be_unnamed(name: str) -> bool:
    """Whether a file name says nothing about the format."""
    last = PurePosixPath(name).name
    return not _SUFFIX.search(last) and last.upper() != _DIRECTORY


def _begins_as_image(base: str, name: str) -> bool:
    try:
        head = files.read_head(base, name, _HEAD)
    except OSError:
        return True
    try:
        sniff(head)
    except UnreadableImage as error:
        return error.reason == "unsupported"  # JPEG 2000, say: the user has to know
    return True
