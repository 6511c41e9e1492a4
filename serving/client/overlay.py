"""Draws a Grad-CAM heatmap over the image it explains."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

STRENGTH = 0.45  # opacity of the heatmap where it is 1
_COLOUR = (255, 40, 0)


def draw_overlay(encoded: bytes, heatmap: NDArray[np.float32]) -> Image.Image:
    """Blends a heatmap into its image.

    A heatmap covers the image as it was sent: it is stretched to its shape, whatever the model saw.

    Args:
        encoded: the image as it was sent, PNG or JPEG.
        heatmap: float32 [h, w] in 0..1.

    Returns:
        An RGB image of the size of the encoded one: red where the model looked, as strongly as the
        heatmap says, unchanged where it is 0.
    """
    image = Image.open(io.BytesIO(encoded)).convert("RGB")
    mask = _stretch(heatmap, image.size).point(lambda value: int(value * STRENGTH))
    return Image.composite(Image.new("RGB", image.size, _COLOUR), image, mask)


def draw_layer(heatmap: NDArray[np.float32], size: tuple[int, int]) -> Image.Image:
    """Draws the heatmap alone, to be laid over the image with an opacity of the viewer's choice.

    Args:
        heatmap: float32 [h, w] in 0..1.
        size: width and height of the image, in pixels.

    Returns:
        An RGBA image of one colour; its alpha is the heatmap: 0 where it is 0, 255 where it is 1.
        With an opacity of `STRENGTH` it looks as in `draw_overlay`.
    """
    layer = Image.new("RGBA", size, (*_COLOUR, 0))
    layer.putalpha(_stretch(heatmap, size))
    return layer


def _stretch(heatmap: NDArray[np.float32], size: tuple[int, int]) -> Image.Image:
    heat = Image.fromarray((np.clip(heatmap, 0.0, 1.0) * 255).astype(np.uint8))
    return heat.resize(size, Image.Resampling.BICUBIC)
