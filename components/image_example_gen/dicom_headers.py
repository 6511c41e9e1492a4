"""The Patient ID in the headers of DICOM files, read before the images are."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from components.imaging.images import is_image_name
from components.imaging.signature import is_dicom
from components.storage import files

_HEAD = 1 << 16  # bytes: Patient ID stands near the beginning
_LAST = 0x00100020  # its tag
_READERS = 16  # threads: a request each where the files lie in object storage
_DICOM_SUFFIXES = (".dcm", ".dicom")


def may_be_dicom(path: str) -> bool:
    """Whether a file may be DICOM, by its name."""
    return path.lower().endswith(_DICOM_SUFFIXES) or not is_image_name(path)


def header_patients(base: str, paths: list[str]) -> list[str | None]:
    """Returns the Patient ID (0010,0020) of each file, None if it has none or is no DICOM.

    Args:
        base: the data folder.
        paths: below it.
    """
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda path: _patient(base, path), paths))


def _patient(base: str, path: str) -> str | None:
    if not may_be_dicom(path):
        return None
    try:
        head = files.read_head(base, path, _HEAD)
    except OSError:  # reading the image later gives the reason
        return None
    if not is_dicom(head):
        return None
    found = _read(head)
    if found is None and len(head) == _HEAD:  # a long header: the ID may stand further down
        found = _read(files.read_bytes(base, path))
    return found


def _read(data: bytes) -> str | None:
    from pydicom.filereader import read_partial  # here: pydicom is slow to import

    def after(tag: Any, _vr: Any, _length: Any) -> bool:
        return int(tag) > _LAST

    try:
        dataset = read_partial(io.BytesIO(data), stop_when=after, force=True)
        return str(dataset.get("PatientID") or "").strip("\0 ") or None
    except Exception:  # noqa: BLE001 - pydicom raises anything on broken bytes
        return None
