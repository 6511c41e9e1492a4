"""Draws a Grad-CAM heatmap over the image it explains."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STRENGTH = 0.45


def draw_overlay(encoded: bytes, heatmap: NDArray[np.float32]) -> Image.Image:
    """Blends a heatmap into its image.

    The model saw the image stretched to a square; the heatmap is stretched back to its shape.

    Args:
        encoded: the image as it was sent, PNG or JPEG.
        heatmap: float32 [h, w] in 0..1.

    Returns:
        An RGB image of the size of the encoded one: red where the model looked, as strongly as the
        heatmap says, unchanged where it is 0.
    """
    image = Image.open(io.BytesIO(encoded)).convert("RGB")
    heat = Image.fromarray((np.clip(heatmap, 0.0, 1.0) * 255).astype(np.uint8))
    heat = heat.resize(image.size, Image.Resampling.BICUBIC)
    mask = heat.point(lambda value: int(value * _STRENGTH))
    return Image.composite(Image.new("RGB", image.size, (255, 40, 0)), image, mask)
