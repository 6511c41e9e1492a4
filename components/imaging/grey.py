"""Grey values of any depth to 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.imaging.unreadable import UnreadableImage


def stretch(
    values: NDArray[Any], inverted: bool = False, sample: NDArray[Any] | None = None
) -> NDArray[np.uint8]:
    """Maps the 0.5th..99.5th percentile to 0..255.

    Robust, because 12-bit data in a 16-bit container would come out nearly black, and because
    burnt-in markers or dead pixels would otherwise set the range. If the percentiles coincide,
    the extremes are taken; a constant picture becomes 0.

    Args:
        values: numbers of any dtype, any shape.
        inverted: low values are white.
        sample: the values that set the range, where not all of them should.

    Returns:
        uint8 array of the same shape.

    Raises:
        UnreadableImage: 'corrupt', if a value is NaN or infinite.
    """
    check_finite(values)
    sample = values if sample is None else sample
    # Values that occur, not interpolated ones: the same in every version of NumPy.
    low = float(np.percentile(sample, 0.5, method="lower"))
    high = float(np.percentile(sample, 99.5, method="higher"))
    if low == high:
        low, high = float(sample.min()), float(sample.max())
    scaled = to_bytes(values, low, high)
    return ~scaled if inverted else scaled


def check_finite(values: NDArray[Any]) -> None:
    """Refuses NaN and infinity as 'corrupt': no grey value could stand for them."""
    if not np.isfinite(values).all():
        raise UnreadableImage(
            "corrupt", "pixel values must be finite, some are NaN or infinite; export it as PNG"
        )


def to_bytes(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Linear map of low..high to 0..255, clipped and rounded; all 0 if low equals high."""
    if low == high:
        return np.zeros(values.shape, np.uint8)
    scaled = as_float(values)
    scaled -= low
    scaled *= 255 / (high - low)
    return np.rint(np.clip(scaled, 0, 255, out=scaled), out=scaled).astype(np.uint8)


def as_float(values: NDArray[Any]) -> NDArray[Any]:
    """A copy as float32, which holds 16-bit values exactly at half the memory, or as float64."""
    return values.astype(np.float32 if values.dtype.itemsize <= 2 else np.float64)
