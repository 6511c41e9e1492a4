"""Look-up tables of a DICOM dataset: PS3.3 C.11.1.1 (modality), C.11.2.1.1 (VOI), C.7.6.3.1.5."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from components.imaging.dicom.attributes import has_value
from components.imaging.dicom.numbers import Notes, label, read_numbers
from components.imaging.unreadable import UnreadableImage

_SIGNED_LIMIT = 0x7FFF


class Table(NamedTuple):
    """A look-up table.

    Attributes:
        first: the value that the first entry stands for.
        entries: unsigned integers [N]; values below and above the table get its ends.
    """

    first: int
    entries: NDArray[Any]

    def look_up(self, values: NDArray[Any], signed: bool) -> NDArray[Any]:
        """Entries for values of any shape; `first` is in two's complement if values are signed."""
        first = self.first - 0x10000 if signed and self.first > _SIGNED_LIMIT else self.first
        index = np.clip(np.rint(values) - first, 0, len(self.entries) - 1)
        return np.asarray(self.entries[index.astype(np.int64)])


def read_table(
    dataset: Dataset, descriptor: str, data: str, little: bool, notes: Notes
) -> Table | None:
    """Reads a table of a dataset or item.

    Args:
        dataset: holds the two attributes.
        descriptor: keyword of number of entries (0 stands for 65536), first value, bits.
        data: keyword of the entries, as numbers or bytes.
        little: whether bytes are in little endian order.
        notes: gets what was read otherwise than it is written.

    Returns:
        None if one of the two is absent or empty.

    Raises:
        UnreadableImage: 'corrupt', if the two contradict each other.
    """
    if not has_value(dataset, descriptor) or not has_value(dataset, data):
        return None
    described = read_numbers(dataset, descriptor, notes)
    if len(described) != 3 or not all(value.is_integer() for value in described):
        raise _contradiction(f"{label(descriptor)} is {described}, not three whole numbers")
    count, first = int(described[0]) or 0x10000, int(described[1])
    raw = dataset.get(data)
    numbers = _from_bytes(raw, count, little) if isinstance(raw, bytes) else raw
    entries = np.atleast_1d(np.asarray(numbers))
    if entries.dtype.kind not in "iu":
        raise _contradiction(f"{label(data)} holds no whole numbers")
    if len(entries) != count:
        raise _contradiction(
            f"{label(descriptor)} says {count} entries, and {label(data)} holds {len(entries)}"
        )
    return Table(first, entries)


def _from_bytes(raw: bytes, count: int, little: bool) -> NDArray[Any]:
    """Entries of 8 bits where the bytes are as many as the entries, padded to even, else of 16."""
    if len(raw) == count + count % 2:
        return np.frombuffer(raw, np.uint8)[:count]
    return np.frombuffer(raw[: len(raw) // 2 * 2], "<u2" if little else ">u2")


def _contradiction(what: str) -> UnreadableImage:
    return UnreadableImage("corrupt", f"{what}; export the image again")
