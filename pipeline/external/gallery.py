"""The mistakes that the model was surest of, as small pictures."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from components.imaging.images import MAX_PIXELS, UnreadableImage, read_image
from pipeline.external.predicted import Predicted

_OF_CLASS = 4
_SIDE = 160  # pixels


@dataclass(frozen=True)
class Mistake:
    """An image whose prediction is wrong.

    Attributes:
        file: path below the folder.
        label: its class.
        predicted: the class that the model names.
        confidence: probability of that, in 0..1.
        picture: JPEG as a data address.
    """

    file: str
    label: str
    predicted: str
    confidence: float
    picture: str


def surest_mistakes(found: Predicted, max_pixels: int = MAX_PIXELS) -> list[Mistake]:
    """Returns a few mistakes of each class, the surest first."""
    names, confidence = found.images.classes, found.probabilities.max(-1)
    predicted, mistakes = found.probabilities.argmax(-1), []
    for index, label in enumerate(names):
        wrong = np.flatnonzero((found.labels == index) & (predicted != index))
        for row in wrong[np.argsort(-confidence[wrong], kind="stable")][:_OF_CLASS]:
            file = found.images.names[found.kept[row]]
            if picture := _picture(Path(found.images.root, file), max_pixels):
                mistakes.append(
                    Mistake(file, label, names[predicted[row]], float(confidence[row]), picture)
                )
    return mistakes


def _picture(path: Path, max_pixels: int) -> str:
    try:
        image = Image.open(io.BytesIO(read_image(path.read_bytes(), max_pixels=max_pixels).encoded))
    except (UnreadableImage, OSError):  # it was readable a minute ago
        return ""
    image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
