"""A decoded picture to its canonical form: upright, 8-bit grey or RGB, encoded as PNG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from components.imaging.grey import stretch

_UPRIGHT = {  # Orientation (EXIF and TIFF 0x0112) to what turns the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def canonical(image: Image.Image, turn: int) -> Image.Image:
    """Any decoded picture as mode 'L' or 'RGB', upright.

    Args:
        image: in any mode of Pillow.
        turn: its orientation, 1..8.
    """
    image = _eight_bits(image)
    return image.transpose(_UPRIGHT[turn]) if turn in _UPRIGHT else image


def orientation(image: Image.Image) -> int:
    """EXIF Orientation 1..8; 1 (upright) where it is absent or broken, as viewers take it."""
    try:
        value = image.getexif().get(0x0112, 1)
        return value if value in _UPRIGHT else 1
    except Exception:  # noqa: BLE001 - broken EXIF is common, and the picture is fine without it
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(stretch(np.asarray(image)))
    return image.convert("L" if image.mode in ("1", "L", "LA", "La") else "RGB")


def encode_png(image: Image.Image) -> bytes:
    """PNG of an 'L' or 'RGB' picture, without any metadata of the original."""
    buffer = io.BytesIO()
    # Level 4 is 2.5 times as fast as the default 6, for 7 % more bytes.
    Image.fromarray(np.asarray(image)).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
