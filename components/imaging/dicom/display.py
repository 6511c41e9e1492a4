"""Stored pixel values to 8 bits, as a radiologist's viewer would show them.

Grey goes through the pipeline of the standard (PS3.3 C.7.6.3, C.11.1, C.11.2): modality LUT or
rescale, VOI LUT or window, MONOCHROME1 inversion. Without a usable window, the robust
``grey.stretch`` takes its place. Palettes become RGB.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut

from components.imaging.dicom.attributes import find_holder, read_number
from components.imaging.grey import as_float, check_finite, stretch, to_bytes
from components.imaging.unreadable import UnreadableImage


def displayed(frame: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """What a viewer shows of a frame.

    Args:
        frame: stored values of any dtype, [rows, columns] or [rows, columns, samples].
        dataset: the attributes that say what the values mean.

    Returns:
        uint8 array, [rows, columns] grey or [rows, columns, 3] RGB, 0 is black.

    Raises:
        UnreadableImage: 'corrupt' for NaN, 'unsupported' for an unknown kind of colour.
    """
    if frame.ndim == 2 and dataset.PhotometricInterpretation.startswith("MONOCHROME"):
        return _grey(frame, dataset)
    return _colour(frame, dataset)


# === Grey ===


def _grey(frame: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    values = _modality(frame, dataset)
    check_finite(values)
    pixels = _voi(values, dataset)
    if pixels is None:
        padding = read_number(dataset, "PixelPaddingValue")  # (0028,0120), marks what is no anatomy
        inside = values[frame != padding] if padding is not None else values
        pixels = stretch(values, sample=inside if inside.size else values)
    return ~pixels if dataset.PhotometricInterpretation == "MONOCHROME1" else pixels


def _modality(values: NDArray[Any], dataset: Dataset) -> NDArray[Any]:
    """Modality LUT Sequence (0028,3000), or Rescale Slope and Intercept (0028,1053 and 1052)."""
    if tables := dataset.get("ModalityLUTSequence"):
        return _look_up(values, tables[0], dataset)
    holder = find_holder(dataset, "RescaleSlope", "PixelValueTransformationSequence")
    slope = read_number(holder, "RescaleSlope") or 1.0
    intercept = read_number(holder, "RescaleIntercept") or 0.0
    if (slope, intercept) == (1.0, 0.0):
        return values
    return as_float(values) * slope + intercept


def _voi(values: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8] | None:
    """VOI LUT Sequence (0028,3010), else Window Center and Width (0028,1050 and 1051), the first.

    None if there is neither, or if the window lies beside the data: a uniform picture is no use.
    """
    if tables := dataset.get("VOILUTSequence"):
        table = _table(tables[0], dataset)[1]
        # The largest entry is white: writers declare 16 bits and fill 12.
        pixels = to_bytes(_look_up(np.rint(values), tables[0], dataset), 0, float(table.max()))
    else:
        holder = find_holder(dataset, "WindowCenter", "FrameVOILUTSequence")
        center, width = read_number(holder, "WindowCenter"), read_number(holder, "WindowWidth")
        if center is None or width is None or width <= 0:
            return None
        pixels = _window(values, center, width, str(holder.get("VOILUTFunction") or "LINEAR"))
    uniform = pixels.min() == pixels.max() and values.min() != values.max()
    return None if uniform else pixels


def _window(values: NDArray[Any], center: float, width: float, function: str) -> NDArray[np.uint8]:
    """VOI LUT Function (0028,1056): PS3.3 C.11.2.1.2 and C.11.2.1.3, output 0..255."""
    if function == "SIGMOID":
        exponent = np.clip(-4 * (values.astype(np.float64) - center) / width, -700, 700)
        return np.rint(255 / (1 + np.exp(exponent))).astype(np.uint8)
    if function == "LINEAR_EXACT":
        low, high = center - width / 2, center + width / 2
    else:
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    return to_bytes(values, low, max(high, low + 1e-3))  # a width of 1 is a threshold


def _table(item: Dataset, dataset: Dataset) -> tuple[int, NDArray[Any]]:
    """First mapped value and entries of a LUT: Descriptor (0028,3002), Data (0028,3006)."""
    count, first, _ = (int(value) for value in item.LUTDescriptor)
    data = item.LUTData
    if isinstance(data, bytes):
        little = dataset.file_meta.TransferSyntaxUID.is_little_endian
        width = 1 if len(data) < 2 * (count or 65536) else 2
        data = np.frombuffer(
            data[: len(data) // width * width], f"{'<' if little else '>'}u{width}"
        )
    if first > 0x7FFF and dataset.get("PixelRepresentation") == 1:
        first -= 0x10000  # written as unsigned, though the pixel values are signed
    return first, np.atleast_1d(np.asarray(data))[: count or 65536]


def _look_up(values: NDArray[Any], item: Dataset, dataset: Dataset) -> NDArray[Any]:
    first, table = _table(item, dataset)
    index = np.clip(values.astype(np.int64) - first, 0, len(table) - 1)
    return np.asarray(table[index])


# === Colour ===


def _colour(frame: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """Palette or RGB values (pydicom has turned YBR into RGB) to uint8 [rows, columns, 3]."""
    photometric, bits = str(dataset.PhotometricInterpretation), int(dataset.BitsStored)
    if photometric == "PALETTE COLOR" and "RedPaletteColorLookupTableData" in dataset:
        frame = apply_color_lut(frame, dataset)
        bits = 8 if frame.max() <= 255 else 16  # writers declare 16 bits and fill 8
    elif photometric not in ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"):
        raise UnreadableImage(
            "unsupported",
            f"Photometric Interpretation (0028,0004) is {photometric!r}; readable are MONOCHROME1, "
            "MONOCHROME2, RGB, YBR and unsegmented PALETTE COLOR; export it as one of these",
        )
    return np.ascontiguousarray(frame[..., :3] >> max(bits - 8, 0), dtype=np.uint8)
