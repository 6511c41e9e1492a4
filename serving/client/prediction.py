"""Predictions, from the outputs of a model server."""

from typing import Any

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray

from components.saved_model.embedding import EMBEDDING, SCORE
from components.saved_model.prediction_check import prediction_fault
from serving.protocol.errors import RequestError
from serving.protocol.prediction import Prediction
from serving.protocol.tensors import to_array

ALWAYS = ("probabilities", "label", "labels", "uncertain")


def read_predictions(sources: list[str], response: Any) -> list[Prediction]:
    """Reads a PredictResponse to one request of `sources`, in their order.

    Values that are no prediction (NaN, a sum that is not 1, a label that is not the most probable
    class) become the `error` of their image.

    Raises:
        RequestError: the response is not that of a medtfx model.
    """
    outputs = {name: _read(name, tensor) for name, tensor in response.outputs.items()}
    missing = [name for name in ALWAYS if name not in outputs]
    if missing:
        raise RequestError(
            f"The outputs of a medtfx model are {', '.join(ALWAYS)}, but those of "
            f"{response.model_spec.name!r} are {', '.join(sorted(outputs)) or 'missing'}. Serve a "
            "model that medtfx pushed, or ask this one with another client."
        )
    sizes = {name: array.shape[:1] for name, array in outputs.items()}
    if set(sizes.values()) != {(len(sources),)}:
        raise RequestError(
            f"A model gives one prediction for each image, but for {len(sources)} images the "
            f"sizes are {sizes}. The export of model {response.model_spec.name!r} is broken: push "
            "another."
        )
    spec = response.model_spec
    return [
        prediction_of(outputs, row, source, spec.name, spec.version.value)
        for row, source in enumerate(sources)
    ]


def prediction_of(
    outputs: dict[str, NDArray[Any]], row: int, source: str, model: str, version: int
) -> Prediction:
    """Returns the prediction for one image.

    Args:
        outputs: of a medtfx model: name → [B, ...].
        row: of the image.
        source: of the image.
        model: name of the model.
        version: of it.
    """
    probabilities = outputs["probabilities"][row]
    label = _text(outputs["label"][row])
    names = [_text(name) for name in np.ravel(outputs["labels"][row]).tolist()]
    if fault := prediction_fault(probabilities, label, names):
        error = f"version {version} of model {model!r} gave no prediction: {fault}"
        return Prediction(source, version, error=error, invalid=True)
    heatmap, out_of_distribution = outputs.get("heatmap"), outputs.get("out_of_distribution")
    score, embedding = outputs.get(SCORE), outputs.get(EMBEDDING)
    return Prediction(
        source=source,
        version=version,
        probabilities=dict(zip(names, probabilities.tolist(), strict=True)),
        label=label,
        uncertain=bool(np.any(outputs["uncertain"][row])),
        # Models of version 0.1.0 do not say.
        out_of_distribution=None if out_of_distribution is None else bool(out_of_distribution[row]),
        heatmap=None if heatmap is None else heatmap[row],
        out_of_distribution_score=None if score is None else _finite(score[row]),
        embedding=None if embedding is None else embedding[row],
    )


def _read(name: str, tensor: Message) -> NDArray[Any]:
    try:
        return to_array(tensor)
    except ValueError as error:
        raise RequestError(f"The output {name!r} of the server can't be read: {error}.") from error


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
