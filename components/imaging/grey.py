"""Grey values of any depth to 8 bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.imaging.unreadable import UnreadableImage

Levels = NDArray[np.float64]
Counts = NDArray[np.int64]
Mapping = Callable[[Levels, Counts], NDArray[np.uint8]]

_MOST_BINS = 1 << 16  # more different values than that are sorted instead of counted


def map_levels(pixels: NDArray[Any], mapping: Mapping) -> NDArray[np.uint8]:
    """Applies a mapping once for each value that occurs, which is faster than for each pixel.

    Args:
        pixels: numbers of any dtype, any shape.
        mapping: gets the values that occur, float64 [N] in ascending order, and the pixels that
            have each, int64 [N]; returns uint8 [N].

    Returns:
        uint8 array of the shape of `pixels`.

    Raises:
        UnreadableImage: 'corrupt', if a value is NaN or infinite.
    """
    check_finite(pixels)
    low, high = pixels.min(), pixels.max()
    if pixels.dtype.kind in "iub" and int(high) - int(low) < _MOST_BINS:
        index = pixels.astype(np.int64) - int(low)
        counts = np.bincount(index.ravel())
        occurring = np.flatnonzero(counts)
        table = np.zeros(len(counts), np.uint8)
        table[occurring] = mapping(occurring + float(low), counts[occurring])
        return table[index]
    levels, index, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    return mapping(levels.astype(np.float64), counts)[index].reshape(pixels.shape)


def stretch(pixels: NDArray[Any], inverted: bool = False) -> NDArray[np.uint8]:
    """Maps the 0.5th..99.5th percentile to 0..255; see `stretch_levels`.

    Args:
        pixels: numbers of any dtype, any shape.
        inverted: low values are white.

    Returns:
        uint8 array of the same shape.

    Raises:
        UnreadableImage: 'corrupt', if a value is NaN or infinite.
    """
    scaled = map_levels(pixels, stretch_levels)
    return ~scaled if inverted else scaled


def stretch_levels(values: Levels, counts: Counts) -> NDArray[np.uint8]:
    """Maps the 0.5th..99.5th percentile of the counted values to 0..255.

    Robust, because 12-bit data in a 16-bit container would come out nearly black, and because
    burnt-in markers or dead pixels would otherwise set the range. If the percentiles coincide,
    the extremes are taken; a constant picture becomes 0.

    Args:
        values: float64 [N], in any order.
        counts: pixels that have each value; those with 0 do not set the range.

    Returns:
        uint8 [N].
    """
    counted = counts > 0
    order = np.argsort(values[counted], kind="stable")
    ordered, below = values[counted][order], np.cumsum(counts[counted][order])
    last = int(below[-1]) - 1
    # Values that occur, not interpolated ones: the lower and the higher neighbour.
    ranks = [math.floor(0.005 * last), math.ceil(0.995 * last)]
    low, high = ordered[np.searchsorted(below, ranks, side="right")]
    if low == high:
        low, high = ordered[0], ordered[-1]
    return to_bytes(values, float(low), float(high))


def check_finite(values: NDArray[Any]) -> None:
    """Refuses NaN and infinity as 'corrupt': no grey value could stand for them."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise UnreadableImage(
            "corrupt", "pixel values must be finite, some are NaN or infinite; export it as PNG"
        )


def to_bytes(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Linear map of low..high to 0..255, clipped and rounded; all 0 if low equals high."""
    if low == high:
        return np.zeros(values.shape, np.uint8)
    scaled = (values.astype(np.float64) - low) * (255 / (high - low))
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
