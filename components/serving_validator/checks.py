"""What a served model must do before it may be pushed. Each check raises `UnservableError`."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from components.saved_model.prediction_check import prediction_fault
from components.saved_model.reference_predictions import Predictions
from components.serving_validator.samples import StoredImage
from components.serving_validator.served_model import (
    EXPLAIN,
    PREDICT,
    Answer,
    RefusedError,
    ServedModel,
)
from components.serving_validator.unservable import UnservableError

_FLAGS = ("uncertain", "out_of_distribution")
_OUTPUTS = {
    PREDICT: {"probabilities", "label", "labels", *_FLAGS},
    EXPLAIN: {"probabilities", "label", "labels", "heatmap", *_FLAGS},
}
# Largest difference of one probability computed in two ways. The server's graph is optimised: that
# costs 1e-5 in float32, and 1e-2 where layers compute in float16. A wrong scaling or order of
# colours moves the images that are compared by more than either.
FLOAT32_TOLERANCE, MIXED_PRECISION_TOLERANCE = 0.001, 0.05
_JUNK = b"GIF89a, or so it says"


def check_loaded(model: ServedModel) -> None:
    """The server could load the model, as TensorFlow Serving does, and replay its warm-up."""
    if error := model.load_error():
        raise UnservableError(f"a model server can't load it: {error}")


def check_signatures(model: ServedModel) -> None:
    """The signatures and their outputs are those of the contract."""
    found = model.signatures()
    for name, outputs in _OUTPUTS.items():
        if name not in found:
            raise UnservableError(
                f"the served model has no signature {name!r}, only {sorted(found)}"
            )
        if missing := outputs - found[name]:
            raise UnservableError(f"signature {name!r} does not give {sorted(missing)}")


def check_answers(
    model: ServedModel, images: Sequence[StoredImage], classes: Sequence[str], tolerance: float
) -> None:
    """Answers are well-formed, alone and in a batch, with and without explanation."""
    together = _ask(model, PREDICT, images)
    _check_form(together, len(images), classes)
    explained = _ask(model, EXPLAIN, images)
    _check_form(explained, len(images), classes)
    _check_heatmap(explained["heatmap"], len(images))
    _check_same(together, explained, images, tolerance, "with an explanation than without")
    for position, image in enumerate(images):
        alone = _ask(model, PREDICT, [image])
        _check_form(alone, 1, classes)
        same = {name: value[position : position + 1] for name, value in together.items()}
        _check_same(same, alone, [image], tolerance, "alone than in a batch")


def check_junk(model: ServedModel, image: StoredImage) -> None:
    """What is no image is refused as the sender's mistake, and the server goes on."""
    try:
        model.ask(PREDICT, [_JUNK])
    except RefusedError as refused:
        if refused.code != "INVALID_ARGUMENT":
            raise UnservableError(
                f"the served model answers bytes that are no image with {refused}, not with "
                "INVALID_ARGUMENT"
            ) from refused
    else:
        raise UnservableError("the served model gives probabilities for bytes that are no image")
    _ask(model, PREDICT, [image])


def check_against_training(
    model: ServedModel, trained: Predictions, encoded: Mapping[str, bytes], tolerance: float
) -> float:
    """The served model gives the probabilities that the network gave in training.

    Args:
        model: is asked.
        trained: what the network said of the transformed images.
        encoded: file name → the same images, as stored before Transform.
        tolerance: largest difference of a probability that is none.

    Returns:
        The largest difference of a probability.
    """
    if missing := sorted(set(trained.by_file) - set(encoded)):
        raise UnservableError(
            f"the Examples have no image {missing[0]!r}, though it was trained on"
        )
    worst, sentence = 0.0, ""
    for name, expected in trained.by_file.items():
        answer = _ask(model, PREDICT, [StoredImage(name, -1, encoded[name])])
        _check_form(answer, 1, trained.classes)
        served = dict(zip(_names(answer["labels"][0]), answer["probabilities"][0], strict=True))
        difference, said = _difference(trained.classes, expected, served)
        if not difference < worst:  # NaN is the worst
            worst, sentence = difference, f"for {name} it gives {said}"
    if not worst <= tolerance:
        raise UnservableError(
            f"the served model does not say what the network said in training: {sentence}. "
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


# === Asking and looking ===


def _ask(model: ServedModel, signature: str, images: Sequence[StoredImage]) -> Answer:
    try:
        return model.ask(signature, [image.encoded for image in images])
    except RefusedError as refused:
        raise UnservableError(
            f"signature {signature!r} of the served model refuses {images[0].filename}"
            f"{' and others' if len(images) > 1 else ''}: {refused}"
        ) from refused


def _check_form(answer: Answer, count: int, classes: Sequence[str]) -> None:
    probabilities, labels = answer["probabilities"], answer["labels"]
    if probabilities.shape != (count, len(classes)) or probabilities.dtype != np.float32:
        raise UnservableError(
            f"the served model gives probabilities as {probabilities.dtype} "
            f"{list(probabilities.shape)}, for {count} images and {len(classes)} classes"
        )
    if labels.shape != probabilities.shape or any(_names(row) != list(classes) for row in labels):
        raise UnservableError(
            f"the served model names the classes {_names(labels[0])}, the recipe {list(classes)}"
        )
    if answer["label"].shape != (count,):
        raise UnservableError(f"the served model gives labels as {list(answer['label'].shape)}")
    for values, label in zip(probabilities, _names(answer["label"]), strict=True):
        if fault := prediction_fault(values, label, classes):
            raise UnservableError(f"a prediction of the served model is none: {fault}")
    for name in _FLAGS:
        if answer[name].shape != (count,) or answer[name].dtype != np.bool_:
            raise UnservableError(f"the served model does not say yes or no to `{name}`")


def _check_heatmap(heatmap: NDArray[np.float32], count: int) -> None:
    if heatmap.ndim != 3 or len(heatmap) != count or not heatmap.size:
        raise UnservableError(
            f"the heatmap has the shape {list(heatmap.shape)}, not [{count}, height, width]"
        )
    if not np.isfinite(heatmap).all() or heatmap.min() < 0 or heatmap.max() > 1 + 1e-6:
        raise UnservableError("the heatmap has values outside of 0 to 1")


def _check_same(
    expected: Answer, found: Answer, images: Sequence[StoredImage], tolerance: float, when: str
) -> None:
    differences = abs(expected["probabilities"] - found["probabilities"]).max(-1)
    if differences.max() > tolerance:
        name = images[int(differences.argmax())].filename
        raise UnservableError(
            f"the served model answers {name} otherwise {when}, by {differences.max():.3f}"
        )


def _names(values: NDArray[np.object_]) -> list[str]:
    return [value.decode(errors="replace") for value in values.tolist()]
