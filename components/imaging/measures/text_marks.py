"""Suspected burned-in text: many archives have names and dates in the pixels.

A letter is a small mark with a sharp contrast. Laterality markers (R, L) are one or two letters and
harmless; a line of five or more is suspected. On public chest radiographs most findings are text
(PORTABLE, a date, KV68), and some text is missed: without a finding, an image is not proven free of
text.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from components.imaging.measures.opening import grey_opening

LINE = 5  # marks that make a line of text

_SIDE = 512  # pixels: text that is legible at full size is still visible, and the cost is bounded
_CONTRAST = 60  # grey values between a mark and its surroundings
_BORDER = 0.22  # of the side: ribs and devices in the middle are no text
_MAX_MARKS = 4000  # noise, not text


def longest_line(grey: Image.Image) -> int:
    """Returns the number of marks in the longest line near a border.

    Args:
        grey: an image of mode L.
    """
    if max(grey.size) > _SIDE:
        grey = grey.copy()
        grey.thumbnail((_SIDE, _SIDE))
    pixels: NDArray[np.uint8] = np.asarray(grey)
    return max(_longest(pixels), _longest(~pixels))  # white marks, black marks


def _longest(pixels: NDArray[np.uint8]) -> int:
    width = max(5, round(max(pixels.shape) / 32)) | 1
    strokes = pixels - grey_opening(pixels, width)
    marked = strokes > _CONTRAST
    if not marked.any():
        return 0
    labelled, marks = ndimage.label(marked, np.ones((3, 3)))
    if not 0 < marks <= _MAX_MARKS:
        return 0
    return _chain(_letters(labelled))


def _letters(labelled: NDArray[np.int32]) -> list[tuple[int, int, float, int]]:
    """Returns (left, right, middle row, height) of marks with the size of letters, by left."""
    rows, columns = labelled.shape
    area = np.bincount(labelled.ravel())[1:]
    letters = []
    for index, (down, across) in enumerate(ndimage.find_objects(labelled)):
        height, width = down.stop - down.start, across.stop - across.start
        y, x = (down.start + down.stop) / 2 / rows, (across.start + across.stop) / 2 / columns
        if (
            4 <= height <= 0.08 * rows
            and width <= min(2 * height, 0.1 * columns)
            and area[index] >= 0.15 * height * width
            and (min(x, 1 - x) < _BORDER or min(y, 1 - y) < _BORDER)
        ):
            letters.append((across.start, across.stop, y * rows, height))
    return sorted(letters)


def _chain(letters: list[tuple[int, int, float, int]]) -> int:
    """Returns the most letters that follow each other closely, on one line and of one size."""
    lengths = [1] * len(letters)
    for j, (left, _, middle, height) in enumerate(letters):
        for i in range(j):
            _, right, other_middle, other_height = letters[i]
            largest = max(height, other_height)
            if (
                -1 <= left - right <= 1.2 * largest
                and abs(middle - other_middle) <= 0.35 * largest
                and 0.6 <= height / other_height <= 1.67
            ):
                lengths[j] = max(lengths[j], lengths[i] + 1)
    return max(lengths, default=0)
