"""Which images the page shows, and how: small, with any heatmap as a separate layer."""

import base64
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.gate.predictions import Predictions
from components.gate.split_images import Explained

KINDS = ("wrong", "low confidence", "right")
_OF_EACH = 3
_SIDE, _QUALITY = 320, 80  # pixels of the longer side, of JPEG
_GRID = 96  # pixels of the heatmap's layer: the page stretches it
_COLOUR = (255, 60, 0)


@dataclass(frozen=True)
class Case:
    """A chosen image.

    Attributes:
        kind: of `KINDS`.
        label: index of the true class.
        predicted: index of the class with the highest probability.
        confidence: that probability.
        filename: relative path in the data folder.
        row: of `predictions.csv`, where the header is row 1.
    """

    kind: str
    label: int
    predicted: int
    confidence: float
    filename: str
    row: int


@dataclass(frozen=True)
class Picture:
    """A case as the page shows it.

    Attributes:
        case: what it is.
        image: data URI of a JPEG.
        heat: data URI of a PNG to lay over it, transparent where the heatmap is 0; '' without one.
        width: of the JPEG, in pixels.
        height: of the JPEG, in pixels.
    """

    case: Case
    image: str
    heat: str
    width: int
    height: int


# === Choosing ===


def choose_cases(predictions: Predictions, of_each: int = _OF_EACH) -> list[Case]:
    """Returns wrong, low-confidence and right predictions of each class.

    The wrong ones with the highest confidence, and the right ones of medium confidence: those of
    the highest would be too good an example. No image is chosen twice, and no patient twice for one
    kind.
    """
    chosen: list[Case] = []
    for label in range(len(predictions.classes)):
        taken: set[int] = set()
        for kind, indices in _candidates(predictions, label):
            patients: set[str] = set()
            for index in indices:
                if len(patients) == of_each:
                    break
                if index in taken or predictions.patients[index] in patients:
                    continue
                taken.add(index)
                patients.add(predictions.patients[index])
                chosen.append(_case(predictions, kind, index))
    return chosen


def _candidates(predictions: Predictions, label: int) -> Iterator[tuple[str, Iterable[int]]]:
    """Yields each kind with the images of a class, the preferred ones first."""
    of_class = np.flatnonzero(predictions.labels == label)
    surest_first = of_class[np.argsort(-predictions.confidence[of_class], kind="stable")].tolist()
    right = [index for index in surest_first if predictions.right[index]]
    from_middle = sorted(range(len(right)), key=lambda place: abs(place - len(right) // 2))
    yield "wrong", [index for index in surest_first if not predictions.right[index]]
    # Where all are confident, none is shown for its low confidence.
    yield "low confidence", [i for i in reversed(surest_first) if predictions.confidence[i] < 0.9]
    yield "right", [right[place] for place in from_middle]


def _case(predictions: Predictions, kind: str, index: int) -> Case:
    return Case(
        kind,
        int(predictions.labels[index]),
        int(predictions.predicted[index]),
        float(predictions.confidence[index]),
        predictions.filenames[index],
        index + 2,
    )


# === Drawing ===


def draw(cases: Iterable[Case], explained: Mapping[str, Explained]) -> list[Picture]:
    """Returns the pictures; a case without an image is left out.

    Args:
        cases: of `choose_cases`.
        explained: filename → image and heatmap.
    """
    return [
        _picture(case, explained[case.filename]) for case in cases if case.filename in explained
    ]


def _picture(case: Case, explained: Explained) -> Picture:
    image = Image.open(io.BytesIO(explained.encoded)).convert("RGB")
    image.thumbnail((_SIDE, _SIDE))
    heat = "" if explained.heatmap is None else _layer(explained.heatmap)
    return Picture(case, _uri(image, "JPEG", quality=_QUALITY), heat, image.width, image.height)


def _layer(heatmap: NDArray[np.float32]) -> str:
    heat = Image.fromarray((np.clip(heatmap, 0.0, 1.0) * 255).astype(np.uint8))
    heat = heat.resize((_GRID, _GRID), Image.Resampling.BICUBIC)
    layer = Image.new("RGBA", heat.size, (*_COLOUR, 0))
    layer.putalpha(heat)
    return _uri(layer, "PNG")


def _uri(image: Image.Image, form: str, **options: int) -> str:
    buffer = io.BytesIO()
    image.save(buffer, form, optimize=True, **options)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
