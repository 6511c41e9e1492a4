"""Window Center and Window Width of a DICOM dataset: PS3.3 C.11.2.1.2 and C.11.2.1.3."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from components.imaging.dicom.attributes import find_holder, read_text
from components.imaging.dicom.numbers import Notes, label, read_numbers
from components.imaging.grey import Levels, to_bytes
from components.imaging.unreadable import UnreadableImage

Window = Callable[[Levels], NDArray[np.uint8]]

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def read_window(dataset: Dataset, notes: Notes) -> Window | None:
    """The first window (0028,1050 and 1051) with its VOI LUT Function (0028,1056).

    Returns:
        What maps values of any shape to 0..255; None if there is no usable window.

    Raises:
        UnreadableImage: 'corrupt' for malformed numbers, or centers and widths that are not as
            many; 'unsupported' for another function.
    """
    holder = find_holder(dataset, ("WindowCenter", "WindowWidth"), "FrameVOILUTSequence")
    centers = read_numbers(holder, "WindowCenter", notes)
    widths = read_numbers(holder, "WindowWidth", notes)
    names = label("WindowCenter"), label("WindowWidth")
    if not centers and not widths:
        return None
    if not centers or not widths:
        present, absent = names if centers else names[::-1]
        notes.append(f"{present} is without {absent}, and was left out")
        return None
    if len(centers) != len(widths):
        raise UnreadableImage(
            "corrupt",
            f"{names[0]} has {len(centers)} values, and {names[1]} has {len(widths)}; "
            "export the image again",
        )
    center, width = centers[0], widths[0]
    if width <= 0:
        notes.append(f"{names[1]} is {width:g}, not above 0: the window was left out")
        return None
    function = _function(holder)
    if function == "LINEAR" and width < 1:
        notes.append(
            f"{names[1]} is {width:g}, below 1, where LINEAR is not defined (PS3.3 C.11.2.1.2): "
            "it was read as LINEAR_EXACT"
        )
        function = "LINEAR_EXACT"
    return lambda values: apply_window(values, center, width, function)


def apply_window(values: Levels, center: float, width: float, function: str) -> NDArray[np.uint8]:
    """Maps values to 0..255.

    Args:
        values: float64, any shape, in the units of center and width.
        center: of the window.
        width: of the window; at least 1 for LINEAR, above 0 for the others.
        function: LINEAR (C.11.2.1.2.1), SIGMOID (C.11.2.1.3.1) or LINEAR_EXACT (C.11.2.1.3.2).
    """
    if function == "SIGMOID":
        exponent = np.clip(-4 * (values - center) / width, -700, 700)
        return np.rint(255 / (1 + np.exp(exponent))).astype(np.uint8)
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    if width == 0:
        return np.where(values > center, 255, 0).astype(np.uint8)  # LINEAR of width 1
    return to_bytes(values, center - width / 2, center + width / 2)


def _function(holder: Dataset) -> str:
    function = read_text(holder, "VOILUTFunction").upper() or "LINEAR"
    if function not in _FUNCTIONS:
        raise UnreadableImage(
            "unsupported",
            f"{label('VOILUTFunction')} is {function[:16]!r}; readable are "
            f"{', '.join(_FUNCTIONS)}; export it with one of these",
        )
    return function
