"""Decodes TIFF files by tifffile.

tifffile reads what is not compressed by itself; imagecodecs brings the decoders of the rest. A
layout that contradicts itself is refused before anything is decoded.
"""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tifffile import TiffFile, TiffPage

from components.imaging.grey import stretch, to_bytes
from components.imaging.tiff.layout import check_layout
from components.imaging.tiff.segments import check_segments
from components.imaging.tiff.tags import (
    CMYK,
    GREY,
    JPEG,
    PALETTE,
    SAMPLES,
    UNSIGNED,
    WHITE_IS_ZERO,
    YCBCR,
)
from components.imaging.unreadable import COPY_AGAIN, UnreadableImage


def read_tiff(data: bytes, max_pixels: int) -> tuple[Image.Image, int]:
    """Decodes the first picture to 8 bits.

    Grey of more than 8 bits, signed or float is stretched; colours keep their high byte; samples
    beyond grey and colour are dropped.

    Args:
        data: the whole file.
        max_pixels: refuse above this many (width x height), before decoding.

    Returns:
        The picture as mode 'L' or 'RGB', and its orientation (1..8).

    Raises:
        UnreadableImage: 'truncated', 'corrupt', 'unsupported', 'too_small', 'too_large'.
    """
    try:
        with TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            assert isinstance(page, TiffPage)
            check_layout(page, max_pixels)
            check_segments(page, data)
            return _picture(page), int(page.tags.valueof(274, 1))
    except (UnreadableImage, MemoryError):
        raise
    except Exception as error:  # tifffile and its decoders raise anything on broken data
        raise _refusal(error) from error


def _refusal(error: Exception) -> UnreadableImage:
    text = str(error)
    if isinstance(error, ImportError) or "imagecodecs" in text:
        return UnreadableImage(
            "unsupported", "the TIFF needs a decoder that is not installed; pip install imagecodecs"
        )
    if isinstance(error, NotImplementedError) or re.search("not (supported|understood)", text):
        return UnreadableImage(
            "unsupported", "the TIFF is of a kind that can't be read here; convert it to PNG"
        )
    return UnreadableImage("corrupt", f"the TIFF is damaged; {COPY_AGAIN}")


# === Pixels ===


def _picture(page: TiffPage) -> Image.Image:
    pixels = _by_pixel(page)
    photometric, bits = int(page.photometric), page.bitspersample
    assert isinstance(bits, int)
    if photometric == PALETTE:
        return Image.fromarray(_from_palette(pixels[..., 0], page))
    if photometric in GREY:
        return Image.fromarray(_grey(pixels[..., 0], photometric == WHITE_IS_ZERO, page))
    eight = np.ascontiguousarray(
        pixels[..., : SAMPLES[photometric]] >> max(bits - 8, 0), dtype=np.uint8
    )
    if photometric == CMYK:
        return Image.fromarray(eight, "CMYK").convert("RGB")
    if photometric == YCBCR and page.compression != JPEG:
        return Image.fromarray(eight, "YCbCr").convert("RGB")
    return Image.fromarray(eight)


def _by_pixel(page: TiffPage) -> NDArray[Any]:
    """Values as [H, W, S], however the samples are stored."""
    values = np.asarray(page.asarray(maxworkers=1)).reshape(page.shaped)[:, 0]
    return np.concatenate(list(values), -1)


def _grey(values: NDArray[Any], inverted: bool, page: TiffPage) -> NDArray[np.uint8]:
    bits = page.bitspersample
    assert isinstance(bits, int)
    if bits <= 8 and int(page.sampleformat or 1) == UNSIGNED:
        grey = to_bytes(values, 0, 2**bits - 1)
        return ~grey if inverted else grey
    return stretch(values, inverted)


def _from_palette(index: NDArray[Any], page: TiffPage) -> NDArray[np.uint8]:
    colours = page.colormap
    if colours is None or int(index.max()) >= colours.shape[1]:
        raise UnreadableImage("corrupt", f"the palette of the TIFF is missing; {COPY_AGAIN}")
    # 16 bits by the standard (TIFF 6.0, section 5); some writers fill 8.
    eight = colours >> 8 if colours.max() > 255 else colours
    return np.ascontiguousarray(np.moveaxis(eight[:, index], 0, -1), dtype=np.uint8)
