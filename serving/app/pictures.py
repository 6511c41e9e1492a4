"""An image for the page, and the heatmap over it, as `data:` addresses.

They travel inside the response, so the server keeps nothing.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from serving.client.overlay import draw_layer

_SIDE = 640  # pixels of the longer side on the page: less to send, and enough to look at


@dataclass(frozen=True)
class Picture:
    """An image for the page.

    Attributes:
        scan: address of the picture, at most 640 pixels on its longer side.
        heat: address of the heatmap, of the same size, transparent where it is 0; or None.
        width: of both, in pixels.
        height: of both, in pixels.
    """

    scan: str
    heat: str | None
    width: int
    height: int


def draw_picture(encoded: bytes, heatmap: NDArray[np.float32] | None) -> Picture:
    """Draws an image for the page.

    Args:
        encoded: canonical PNG or JPEG bytes, as `read_image` gives them.
        heatmap: float32 [h, w] in 0..1, or None.
    """
    scan = reduce(encoded, _SIDE)
    heat = None if heatmap is None else _address(draw_layer(heatmap, scan.size), "PNG")
    return Picture(_address(scan, "WEBP"), heat, *scan.size)


def reduce(encoded: bytes, side: int) -> Image.Image:
    """Decodes canonical bytes to a picture of at most `side` pixels on its longer side."""
    image = Image.open(io.BytesIO(encoded))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def encode(image: Image.Image, kind: str) -> bytes:
    """Encodes for display, as WEBP (a tenth of the bytes) or PNG."""
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=90)  # of WEBP
    return buffer.getvalue()


def _address(image: Image.Image, kind: str) -> str:
    return f"data:image/{kind.lower()};base64,{base64.b64encode(encode(image, kind)).decode()}"
