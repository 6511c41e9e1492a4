"""The headers of DICOM files: Patient ID and tags, read before or without the images."""

import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from components.imaging.images import is_image_name
from components.imaging.signature import is_dicom
from components.storage import files

if TYPE_CHECKING:
    from pydicom import Dataset

Value = TypeVar("Value")

_HEAD = 1 << 16  # bytes: both stand near the beginning
_PATIENT_ID, _VIEW_POSITION = 0x00100020, 0x00185101  # the last tags that are needed
_READERS = 16  # threads: a request each where the files lie in object storage
_DICOM_SUFFIXES = (".dcm", ".dicom")


def may_be_dicom(path: str) -> bool:
    """Whether a file may be DICOM, by its name."""
    return path.lower().endswith(_DICOM_SUFFIXES) or not is_image_name(path)


def header_patients(base: str, paths: Iterable[str]) -> list[str | None]:
    """Returns the Patient ID (0010,0020) of each file, None if it has none or is no DICOM.

    Args:
        base: the data folder.
        paths: below it.
    """
    return _from_headers(base, paths, _PATIENT_ID, _patient)


def header_tags(base: str, paths: Iterable[str]) -> list[dict[str, str | int] | None]:
    """Returns the tags of each file, see `dicom.attributes.read_tags`; None if it is no DICOM.

    Args:
        base: the data folder.
        paths: below it.
    """
    return _from_headers(base, paths, _VIEW_POSITION, _tags)


def _patient(header: "Dataset") -> str | None:
    from components.imaging.dicom.attributes import read_text  # here: pydicom is slow to import

    return read_text(header, "PatientID") or None


def _tags(header: "Dataset") -> dict[str, str | int]:
    from components.imaging.dicom.attributes import read_tags

    return read_tags(header)


def _from_headers(
    base: str, paths: Iterable[str], last: int, take: "Callable[[Dataset], Value]"
) -> list[Value | None]:
    def read(path: str) -> Value | None:
        header = _header(base, path, last)
        return None if header is None else take(header)

    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(read, paths))


def _header(base: str, path: str, last: int) -> "Dataset | None":
    """Returns the dataset up to a tag; None if the file is no DICOM, or broken."""
    if not may_be_dicom(path):
        return None
    try:
        head = files.read_head(base, path, _HEAD)
    except OSError:  # reading the image later gives the reason
        return None
    if not is_dicom(head):
        return None
    found, complete = _read(head, last)
    if not complete and len(head) == _HEAD:  # a long header: the tag may stand further down
        found, _ = _read(files.read_bytes(base, path), last)
    return found


def _read(data: bytes, last: int) -> "tuple[Dataset | None, bool]":
    """Returns the dataset, and whether it was read as far as the tag."""
    from pydicom.filereader import read_partial

    complete = False

    def after(tag: Any, _vr: Any, _length: Any) -> bool:
        nonlocal complete
        complete = int(tag) > last
        return complete

    try:
        return read_partial(io.BytesIO(data), stop_when=after, force=True), complete
    except Exception:  # noqa: BLE001 - pydicom raises anything on broken bytes
        return None, False
