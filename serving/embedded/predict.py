"""One Predict request on one loaded model: checks and texts are those of TensorFlow Serving."""

import time
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import grpc
import numpy as np

from serving.embedded.image_bounds import DEFAULT_BOUNDS, ImageBounds
from serving.embedded.models.batching import Arrays
from serving.embedded.models.model import LoadedModel
from serving.embedded.pixel_budget import PixelBudget
from serving.embedded.request_logging import RequestLogging
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import predict_pb2, types_pb2
from serving.protocol.tensors import string_count, to_array, to_tensor, type_name

DEFAULT_SIGNATURE = "serving_default"
_INVALID = grpc.StatusCode.INVALID_ARGUMENT


def predict(
    model: LoadedModel,
    request: Any,
    bounds: ImageBounds = DEFAULT_BOUNDS,
    budget: PixelBudget | None = None,
    log: RequestLogging | None = None,
) -> Any:
    """Returns the PredictResponse to a PredictRequest.

    Args:
        model: runs it.
        request: the PredictRequest.
        bounds: of its images, checked before the model decodes them.
        budget: of the images of all requests; this one waits for its turn.
        log: gets the predictions.

    Raises:
        StatusError: unknown signature, inputs that do not fit it, too many images or pixels, or
            images that can't be decoded.
    """
    key = request.model_spec.signature_name or DEFAULT_SIGNATURE
    signature = model.signatures.get(key)
    if signature is None:
        raise StatusError(
            grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{key}" not found.'
        )
    inputs = _read_inputs(request.inputs, signature.inputs, bounds)
    pixels = bounds.check(inputs)
    names = _wanted_outputs(list(request.output_filter), signature.outputs)
    started = time.monotonic()
    with budget.hold(pixels) if budget else nullcontext():
        outputs = model.run(log.signature(key, model.signatures) if log else key, inputs)
    if log:
        log.add(model.name, model.version, inputs, outputs, time.monotonic() - started)
    response = predict_pb2.PredictResponse()
    response.model_spec.name = model.name
    response.model_spec.signature_name = key
    response.model_spec.version.value = model.version
    for name in names:
        array = np.asarray(outputs[name])
        response.outputs[name].CopyFrom(_write(name, array, signature.outputs[name].dtype))
    return response


def _read_inputs(sent: Any, expected: Any, bounds: ImageBounds) -> Arrays:
    _check_names(set(sent), set(expected), expected)
    arrays: Arrays = {}
    for index, name in enumerate(sorted(expected)):
        wanted, found = expected[name].dtype, sent[name].dtype
        if wanted != found:
            raise StatusError(
                _INVALID,
                f"Expects arg[{index}] to be {type_name(wanted)} but {type_name(found)} "
                "is provided",
            )
        if sent[name].dtype == types_pb2.DT_STRING:
            bounds.check_number(string_count(sent[name]))
        try:
            arrays[name] = to_array(sent[name])
        except ValueError as error:
            raise StatusError(_INVALID, f"tensor parsing error: {name}: {error}") from error
    return arrays


def _check_names(sent: set[str], expected: set[str], infos: Any) -> None:
    if len(sent) != len(expected):
        raise StatusError(
            _INVALID,
            f"input size does not match signature: {len(sent)}!={len(expected)} "
            f"len({{{_list(sent)}}}) != len({{{_list(expected)}}}). "
            f"Sent extra: {{{_list(sent - expected)}}}. "
            f"Missing but required: {{{_list(expected - sent)}}}.",
        )
    for name in sorted(expected - sent):
        raise StatusError(
            _INVALID,
            f"Signature input alias: {name}(feed name: {infos[name].name}) not found in request "
            f"and no default value provided. Inputs expected to be in the request "
            f"{{{_list(sent)}}}, or default input alias set: ",
        )


def _wanted_outputs(asked: list[str], outputs: Any) -> list[str]:
    """Returns the names of the outputs to return: those asked for, or all."""
    for name in asked:
        if name not in outputs:
            raise StatusError(
                _INVALID,
                f"output tensor alias not found in signature: {name} "
                f"Outputs expected to be in the set {{{_list(outputs)}}}.",
            )
        if asked.count(name) > 1:
            raise StatusError(_INVALID, f"duplicate output tensor alias: {name}")
    return asked or sorted(outputs)


def _write(name: str, array: Any, dtype: int) -> Any:
    try:
        return to_tensor(array, dtype)
    except ValueError as error:
        raise StatusError(grpc.StatusCode.UNIMPLEMENTED, f"output {name}: {error}") from error


def _list(names: Iterable[str]) -> str:
    return ",".join(sorted(names))
