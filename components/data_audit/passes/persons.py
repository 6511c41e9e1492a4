"""Patients as rows of numbers, and those in two splits or two classes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.distinct import number_of
from components.imaging.measures.image_record import ImageRecord

# An image of a patient; texts are the numbers that stand for them.
PERSON = np.dtype([("patient", "<u8"), ("place", "<u8"), ("split", "<u8"), ("label", "<u8")])


def person_rows(pictures: Sequence[ImageRecord], first: int) -> NDArray[np.void]:
    """Returns rows of `PERSON`.

    Args:
        pictures: of a file.
        first: place of the first.
    """
    rows = np.empty(len(pictures), PERSON)
    rows["place"] = np.arange(first, first + len(pictures), dtype=np.uint64)
    for name in ("patient", "split", "label"):
        rows[name] = [number_of(getattr(picture, name)) for picture in pictures]
    return rows


def divided(rows: NDArray[np.void], side: str) -> NDArray[np.void]:
    """Returns the rows of patients with more than one value in column `side`, by patient.

    Args:
        rows: of `PERSON`, all of their patients.
        side: `split` or `label`.
    """
    rows = rows[np.lexsort((rows["place"], rows[side], rows["patient"]))]
    _, starts, number = np.unique(rows["patient"], return_index=True, return_inverse=True)
    ends = np.append(starts[1:], len(rows)) - 1
    in_two = rows[side][starts] != rows[side][ends]
    found: NDArray[np.void] = rows[in_two[number]]
    return found
