"""The checks that a served model must pass before it is pushed.

Each check raises `UnservableError` with the reason.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from components.saved_model.prediction_check import prediction_fault
from components.saved_model.reference_predictions import Predictions
from components.serving_validator.samples import StoredImage
from components.serving_validator.served_model import (
    EXPLAIN,
    PREDICT,
    Outputs,
    RequestRefusedError,
    ServedModel,
)
from components.serving_validator.unservable import UnservableError

_FLAGS = ("uncertain", "out_of_distribution")
_OUTPUTS = {
    PREDICT: {"probabilities", "label", "labels", *_FLAGS},
    EXPLAIN: {"probabilities", "label", "labels", "heatmap", *_FLAGS},
}
# Largest difference of a probability that is computed in two ways. The server optimises its graph,
# which changes it by 1e-5 in float32, and by 1e-2 where layers compute in float16. A wrong scaling
# or order of colours changes the compared images by more than either.
FLOAT32_TOLERANCE, MIXED_PRECISION_TOLERANCE = 0.001, 0.05
_NOT_AN_IMAGE = b"\xff\xd8\xff begins like a JPEG"


def check_loaded(model: ServedModel) -> None:
    """The server has loaded the model, as TensorFlow Serving does, and replayed its warm-up."""
    if error := model.load_error():
        raise UnservableError(f"a model server can't load it: {error}")


def check_signatures(model: ServedModel) -> None:
    """The model has the signatures and outputs that clients need."""
    found = model.signatures()
    for name, outputs in _OUTPUTS.items():
        if name not in found:
            raise UnservableError(
                f"the served model has no signature {name!r}, only {sorted(found)}"
            )
        if missing := outputs - found[name]:
            raise UnservableError(f"signature {name!r} has no outputs {sorted(missing)}")


def check_predictions(
    model: ServedModel, images: Sequence[StoredImage], classes: Sequence[str], tolerance: float
) -> None:
    """Predictions are valid, and the same alone, in a batch and with an explanation.

    Args:
        model: the served model.
        images: images to send.
        classes: names of the classes, in the recipe's order.
        tolerance: largest difference of a probability that is allowed.
    """
    together = _predict(model, PREDICT, images)
    _check_form(together, len(images), classes)
    explained = _predict(model, EXPLAIN, images)
    _check_form(explained, len(images), classes)
    _check_heatmap(explained["heatmap"], len(images))
    _check_same(together, explained, tolerance, "with an explanation than without")
    for position, image in enumerate(images):
        alone = _predict(model, PREDICT, [image])
        _check_form(alone, 1, classes)
        same = {name: value[position : position + 1] for name, value in together.items()}
        _check_same(same, alone, tolerance, "alone than in a batch")


def check_invalid_image(model: ServedModel, image: StoredImage) -> None:
    """Bytes that are not an image are refused as an invalid argument, and the server goes on."""
    try:
        model.predict(PREDICT, [_NOT_AN_IMAGE])
    except RequestRefusedError as refused:
        if refused.code != "INVALID_ARGUMENT":
            raise UnservableError(
                "the served model must refuse bytes that are not an image with INVALID_ARGUMENT, "
                f"and refuses them with {refused}"
            ) from refused
    else:
        raise UnservableError("the served model predicts for bytes that are not an image")
    _predict(model, PREDICT, [image])


def check_against_reference(
    model: ServedModel, reference: Predictions, encoded: Mapping[str, bytes], tolerance: float
) -> float:
    """The served model predicts as the network did after training.

    Args:
        model: the served model.
        reference: predictions of the network for the transformed images.
        encoded: file name → the same images, as stored before Transform.
        tolerance: largest difference of a probability that is allowed.

    Returns:
        The largest difference of a probability.
    """
    if missing := sorted(set(reference.by_file) - set(encoded)):
        raise UnservableError(
            f"the Examples have no image for {len(missing)} of the reference predictions"
        )
    worst, sentence = 0.0, ""  # without a file name, which may hold a patient's
    for name, expected in reference.by_file.items():
        outputs = _predict(model, PREDICT, [StoredImage(name, -1, encoded[name])])
        _check_form(outputs, 1, reference.classes)
        served = dict(zip(_names(outputs["labels"][0]), outputs["probabilities"][0], strict=True))
        difference, words = _difference(reference.classes, expected, served)
        if not difference < worst:  # NaN is the worst
            worst, sentence = difference, f"for an image it predicts {words}"
    if not worst <= tolerance:
        raise UnservableError(
            f"the served model does not predict as the network did after training: {sentence}. "
            "Preprocessing, labels or weights differ between the two"
        )
    return worst


def _difference(
    classes: Sequence[str], expected: NDArray[np.float32], served: Mapping[str, float]
) -> tuple[float, str]:
    differences = [abs(served[name] - value) for name, value in zip(classes, expected, strict=True)]
    index = int(np.argmax(differences))
    name = classes[index]
    return float(differences[index]), f"{name} {served[name]:.3f}, not {expected[index]:.3f}"


# === Requests and their outputs ===


def _predict(model: ServedModel, signature: str, images: Sequence[StoredImage]) -> Outputs:
    try:
        return model.predict(signature, [image.encoded for image in images])
    except RequestRefusedError as refused:
        raise UnservableError(
            f"signature {signature!r} of the served model refuses {len(images)} of the test "
            f"images: {refused}"
        ) from refused


def _check_form(outputs: Outputs, count: int, classes: Sequence[str]) -> None:
    probabilities, labels = outputs["probabilities"], outputs["labels"]
    if probabilities.shape != (count, len(classes)) or probabilities.dtype != np.float32:
        raise UnservableError(
            f"the served model gives probabilities as {probabilities.dtype} "
            f"{list(probabilities.shape)}, for {count} images and {len(classes)} classes"
        )
    if labels.shape != probabilities.shape or any(_names(row) != list(classes) for row in labels):
        raise UnservableError(
            f"the served model names the classes {_names(labels[0])}, the recipe {list(classes)}"
        )
    if outputs["label"].shape != (count,):
        raise UnservableError(f"the served model gives labels as {list(outputs['label'].shape)}")
    for values, label in zip(probabilities, _names(outputs["label"]), strict=True):
        if fault := prediction_fault(values, label, classes):
            raise UnservableError(f"a prediction of the served model is none: {fault}")
    for name in _FLAGS:
        if outputs[name].shape != (count,) or outputs[name].dtype != np.bool_:
            raise UnservableError(
                f"the served model does not give one bool `{name}` for each image"
            )


def _check_heatmap(heatmap: NDArray[np.float32], count: int) -> None:
    if heatmap.ndim != 3 or len(heatmap) != count or not heatmap.size:
        raise UnservableError(
            f"the heatmap has the shape {list(heatmap.shape)}, not [{count}, height, width]"
        )
    if not np.isfinite(heatmap).all() or heatmap.min() < 0 or heatmap.max() > 1 + 1e-6:
        raise UnservableError("the heatmap has values outside of 0 to 1")


def _check_same(expected: Outputs, found: Outputs, tolerance: float, when: str) -> None:
    differences = abs(expected["probabilities"] - found["probabilities"]).max(-1)
    if differences.max() > tolerance:
        raise UnservableError(
            f"the served model predicts otherwise {when}, by {differences.max():.3f}"
        )


def _names(values: NDArray[np.object_]) -> list[str]:
    return [value.decode(errors="replace") for value in values.tolist()]
