"""Stored pixel values to 8 bits, as a radiologist's viewer would show them.

Grey goes through the pipeline of the standard (PS3.3 C.7.6.3, C.11.1, C.11.2): modality LUT or
rescale, VOI LUT or window, MONOCHROME1 inversion. Without a usable window, the robust
``grey.stretch_levels`` takes its place. Palettes become RGB.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.pixels.processing import apply_color_lut

from components.imaging.dicom.attributes import find_holder, has_value
from components.imaging.dicom.layout import Layout
from components.imaging.dicom.numbers import Notes, label, read_number, read_whole
from components.imaging.dicom.tables import Table, read_table
from components.imaging.dicom.window import read_window
from components.imaging.grey import (
    Counts,
    Levels,
    check_finite,
    map_levels,
    stretch_levels,
    to_bytes,
)
from components.imaging.unreadable import UnreadableImage

# Their modality LUT leads back to the intensity of the beam and is not for display: PS3.3 C.8.7.1.1
# (DCMTK leaves it out as well, and the rescale with it).
_NOT_RESCALED = frozenset(
    {
        uid.XRayAngiographicImageStorage,
        uid.XRayRadiofluoroscopicImageStorage,
        "1.2.840.10008.5.1.4.1.1.12.3",  # X-Ray Angiographic Bi-Plane Image Storage, retired
    }
)


def displayed(
    frame: NDArray[Any], dataset: Dataset, layout: Layout, notes: Notes
) -> NDArray[np.uint8]:
    """What a viewer shows of a frame.

    Args:
        frame: stored values of any dtype, [rows, columns] or [rows, columns, samples].
        dataset: the attributes that say what the values mean.
        layout: of the same dataset.
        notes: gets what was read otherwise than it is written.

    Returns:
        uint8 array, [rows, columns] grey or [rows, columns, 3] RGB, 0 is black.

    Raises:
        UnreadableImage: 'corrupt' for values that are no numbers, contradict each other or leave
            no picture.
    """
    if layout.photometric.startswith("MONOCHROME"):
        return _grey(frame, dataset, layout, notes)
    if layout.photometric == "PALETTE COLOR":
        return _palette(frame, dataset, layout, notes)
    return _eight_bits(frame, layout.stored)


# === Grey ===


def _grey(frame: NDArray[Any], dataset: Dataset, layout: Layout, notes: Notes) -> NDArray[np.uint8]:
    def shown(levels: Levels, counts: Counts) -> NDArray[np.uint8]:
        values = _modality(levels, dataset, layout, notes)
        check_finite(values)
        pixels = _voi(values, dataset, layout, notes)
        if pixels is None:
            return stretch_levels(values, _without_padding(levels, counts, dataset, layout, notes))
        return pixels

    pixels = map_levels(frame, shown)
    return ~pixels if layout.photometric == "MONOCHROME1" else pixels


def _modality(values: Levels, dataset: Dataset, layout: Layout, notes: Notes) -> Levels:
    """Modality LUT Sequence (0028,3000), or Rescale Slope and Intercept (0028,1053 and 1052)."""
    if dataset.get("SOPClassUID") in _NOT_RESCALED:
        return values
    if table := _first_table(dataset, "ModalityLUTSequence", notes):
        if len(table.entries) == 1:
            raise UnreadableImage(
                "corrupt",
                f"{label('ModalityLUTSequence')} has a table of one entry, which leaves no "
                "picture; export the image again",
            )
        return table.look_up(values, layout.signed).astype(np.float64)
    keywords = ("RescaleSlope", "RescaleIntercept")
    holder = find_holder(dataset, keywords, "PixelValueTransformationSequence")
    slope = read_number(holder, "RescaleSlope", notes)
    intercept = read_number(holder, "RescaleIntercept", notes)
    for keyword, default in zip(keywords, (1, 0), strict=True):
        if keyword in holder and not has_value(holder, keyword):
            notes.append(f"{label(keyword)} is empty, and was read as {default}")
    if slope == 0:
        raise UnreadableImage(
            "corrupt",
            f"{label('RescaleSlope')} is 0, which leaves no picture; export the image again",
        )
    rescaled = values * (1.0 if slope is None else slope) + (intercept or 0.0)
    if len(values) > 1 and rescaled.min() == rescaled.max():
        raise UnreadableImage(
            "corrupt",
            f"{label('RescaleSlope')} {slope} and {label('RescaleIntercept')} {intercept} make all "
            "values alike, which leaves no picture; export the image again",
        )
    return rescaled


def _voi(
    values: Levels, dataset: Dataset, layout: Layout, notes: Notes
) -> NDArray[np.uint8] | None:
    """VOI LUT Sequence (0028,3010), else Window Center and Width (0028,1050 and 1051), the first.

    None if there is neither, or if it shows a single grey: a uniform picture is no use.
    """
    pixels = None
    if table := _first_table(dataset, "VOILUTSequence", notes):
        signed = layout.signed or bool(values.min() < 0)
        # The largest entry is white: writers declare 16 bits and fill 12.
        pixels = to_bytes(table.look_up(values, signed), 0, float(table.entries.max()))
        pixels = _unless_uniform(pixels, values, label("VOILUTSequence"), notes)
    if pixels is None and (window := read_window(dataset, notes)):
        pixels = _unless_uniform(window(values), values, label("WindowCenter"), notes)
    return pixels


def _unless_uniform(
    pixels: NDArray[np.uint8], values: Levels, what: str, notes: Notes
) -> NDArray[np.uint8] | None:
    if pixels.min() == pixels.max() and values.min() != values.max():
        notes.append(f"{what} would show a single grey, and was left out")
        return None
    return pixels


def _without_padding(
    levels: Levels, counts: Counts, dataset: Dataset, layout: Layout, notes: Notes
) -> Counts:
    """Counts without the pixels that mark what is no anatomy, where others are left.

    Pixel Padding Value (0028,0120) alone, or all between it and Pixel Padding Range Limit
    (0028,0121), both included and in either order: PS3.3 C.7.5.1.1.2.
    """
    value = read_whole(dataset, "PixelPaddingValue", notes)
    if value is None:
        return counts
    limit = read_whole(dataset, "PixelPaddingRangeLimit", notes)
    ends = [_as_stored(end, layout) for end in (value, value if limit is None else limit)]
    inside = np.where((levels >= min(ends)) & (levels <= max(ends)), 0, counts)
    return inside if inside.any() else counts


def _as_stored(value: int, layout: Layout) -> int:
    """A padding value with the sign of the pixels: writers give -2000 as US 63536."""
    span = 1 << layout.allocated
    if layout.signed and value >= span // 2:
        return value - span
    return value + span if value < 0 and not layout.signed else value


def _first_table(dataset: Dataset, sequence: str, notes: Notes) -> Table | None:
    """The table in the first item of a sequence; None if either is absent or empty."""
    items = dataset.get(sequence) or []
    little = dataset.file_meta.TransferSyntaxUID != uid.ExplicitVRBigEndian
    table = read_table(items[0], "LUTDescriptor", "LUTData", little, notes) if items else None
    if items and not table:
        notes.append(f"{label(sequence)} holds no table, and was left out")
    return table


# === Colour ===


def _palette(
    frame: NDArray[Any], dataset: Dataset, layout: Layout, notes: Notes
) -> NDArray[np.uint8]:
    """Palette Color Lookup Tables (0028,1201 to 1203): PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6."""
    if has_value(dataset, "SegmentedRedPaletteColorLookupTableData"):
        coloured = apply_color_lut(frame, dataset)
        return _eight_bits(coloured[..., :3], coloured.dtype.itemsize * 8)
    little = dataset.file_meta.TransferSyntaxUID != uid.ExplicitVRBigEndian
    tables = [
        read_table(dataset, f"{stem}Descriptor", f"{stem}Data", little, notes)
        for stem in (f"{name}PaletteColorLookupTable" for name in ("Red", "Green", "Blue"))
    ]
    if lacking := [table for table in tables if table is None]:
        raise UnreadableImage(
            "corrupt",
            f"{label('PhotometricInterpretation')} is PALETTE COLOR, and {len(lacking)} of the "
            "three palettes are missing; export the image again",
        )
    found = [table for table in tables if table is not None]
    coloured = np.stack([table.look_up(frame, layout.signed) for table in found], -1)
    # By what the tables hold: writers declare 16 bits and fill 8.
    brightest = max(int(table.entries.max()) for table in found)
    return _eight_bits(coloured, 8 if brightest <= 255 else 16)


def _eight_bits(frame: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    """The high byte of colours of more than 8 bits; fewer bits are spread over 0..255."""
    if bits < 8:
        return to_bytes(frame, 0, 2**bits - 1)
    return np.ascontiguousarray(frame >> (bits - 8), dtype=np.uint8)
