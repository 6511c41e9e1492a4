"""Four small images, and their Examples."""

import io

import numpy as np
from PIL import Image

from components.recipe.data import DataSection

DATA = DataSection.model_validate(
    {
        "classes": ["a", "b"],
        "image_size": 16,
        "color": "grayscale",
        "patient": {"from": "each_file"},
    }
)


def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(low, 256, (20, 24), np.uint8) for low in (0, 60, 120, 200)]


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def rows() -> list[dict[str, bytes | int | float]]:
    """Returns the features of an Example an image."""
    return [
        {
            "image": png(pixels),
            "filename": f"{number}.png".encode(),
            "mean": float(pixels.mean()),
            "std": float(pixels.std()),
            "label_index": number % 2,
        }
        for number, pixels in enumerate(images())
    ]
