"""What a model says about one image."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray

from serving.protocol.errors import RequestError
from serving.protocol.tensors import to_array

_ALWAYS = ("probabilities", "label", "labels", "uncertain")


@dataclass(frozen=True)
class Prediction:
    """The answer to one image, or the reason why there is none.

    Attributes:
        source: the path as given, or 'image 0', 'image 1', ... for bytes.
        version: of the model that answered; None where the image was never sent.
        probabilities: by class, in the model's order, each in 0..1; empty on an error.
        label: the most probable class, or None.
        uncertain: whether the answer is not to be relied on: the probability of `label` is below
            the model's bound, or the image is out of distribution.
        out_of_distribution: whether the image is unlike those of training.
        heatmap: float32 [h, w] in 0..1 on the grid of the last feature map; of `explain` only.
        error: why this image was not answered: rule, received value, way out. None if it was.
    """

    source: str
    version: int | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    label: str | None = None
    uncertain: bool | None = None
    out_of_distribution: bool | None = None
    heatmap: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the image was answered."""
        return self.error is None


def read_predictions(sources: list[str], response: Any) -> list[Prediction]:
    """Reads a PredictResponse to one request of `sources`, in their order.

    Raises:
        RequestError: the answer is not that of a medtfx model.
    """
    outputs = {name: _read(name, tensor) for name, tensor in response.outputs.items()}
    missing = [name for name in _ALWAYS if name not in outputs]
    if missing:
        raise RequestError(
            f"A medtfx model answers with {', '.join(_ALWAYS)}, but {response.model_spec.name!r} "
            f"answered with {', '.join(sorted(outputs)) or 'nothing'}. Serve a model that medtfx "
            "pushed, or ask this one with a client of its own."
        )
    sizes = {name: array.shape[:1] for name, array in outputs.items()}
    if set(sizes.values()) != {(len(sources),)}:
        raise RequestError(
            f"A model answers once for each image, but {len(sources)} images were answered with "
            f"{sizes}. The export of model {response.model_spec.name!r} is broken: push another."
        )
    version = response.model_spec.version.value
    return [_row(outputs, row, source, version) for row, source in enumerate(sources)]


def _read(name: str, tensor: Message) -> NDArray[Any]:
    try:
        return to_array(tensor)
    except ValueError as error:
        raise RequestError(f"The server's answer {name!r} can't be read: {error}.") from error


def _row(outputs: dict[str, NDArray[Any]], row: int, source: str, version: int) -> Prediction:
    names = [name.decode() for name in outputs["labels"][row]]
    values = outputs["probabilities"][row].tolist()
    heatmap, out_of_distribution = outputs.get("heatmap"), outputs.get("out_of_distribution")
    return Prediction(
        source=source,
        version=version,
        probabilities=dict(zip(names, values, strict=True)),
        label=outputs["label"][row].decode(),
        uncertain=bool(outputs["uncertain"][row]),
        # Models of version 0.1.0 do not say.
        out_of_distribution=None if out_of_distribution is None else bool(out_of_distribution[row]),
        heatmap=None if heatmap is None else heatmap[row],
    )
