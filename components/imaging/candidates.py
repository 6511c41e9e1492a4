"""Which files are to be read as images: by a known suffix, or else by their first bytes.

Scanners and PACS write DICOM as `IM000001`, `1.2.840.113619.2.55` or `CT0001.IMA`: a suffix that is
not known says nothing.
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
# Of texts, tables, documents and archives, which need not be opened.
_NO_IMAGES = (
    ".csv", ".doc", ".docx", ".gz", ".html", ".json", ".log", ".md", ".pdf", ".tsv", ".txt", ".xls",
    ".xlsx", ".xml", ".yaml", ".yml", ".zip",
)  # fmt: skip
_HEAD = 256  # bytes; DICOM's mark ends at 132
_READERS = 16  # threads: a request each where the files lie in object storage
_DIRECTORY = "DICOMDIR"  # the table of contents of a DICOM medium; no image, but DICOM


def image_files(base: str, names: Iterable[str]) -> frozenset[str]:
    """Returns those that are to be read.

    A file of unknown name that can't be opened is among them: reading it gives the reason, and no
    image is lost without a word.

    Args:
        base: folder, or address of object storage.
        names: paths below it, with forward slashes.
    """
    names = list(names)
    unknown = [name for name in names if not is_image_name(name) and may_be_image(name)]
    with ThreadPoolExecutor(_READERS) as pool:
        begins = pool.map(lambda name: _begins_as_image(base, name), unknown)
        found = {name for name, begins_so in zip(unknown, begins, strict=True) if begins_so}
    return frozenset(found.union(filter(is_image_name, names)))


def may_be_unnamed(name: str) -> bool:
    """Whether a file name says nothing about the format."""
    last = PurePosixPath(name).name
    return not _SUFFIX.search(last) and last.upper() != _DIRECTORY


def suffix_of(name: str) -> str:
    """Returns the suffix in lower case, for counting; 'without suffix' if there is none."""
    found = _SUFFIX.search(PurePosixPath(name).name)
    return found[0].lower() if found else "without suffix"


def may_be_image(name: str) -> bool:
    """Whether a file is worth opening, by its name alone."""
    last = PurePosixPath(name).name
    return not last.lower().endswith(_NO_IMAGES) and last.upper() != _DIRECTORY


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
