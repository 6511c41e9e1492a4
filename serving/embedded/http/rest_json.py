"""TensorFlow Serving's JSON: requests and responses of the REST predict call.

Row format: `{"instances": [...]}` gets `{"predictions": [...]}`, one element an image. Column
format: `{"inputs": ...}` gets `{"outputs": ...}`, one array a tensor. Bytes travel as
`{"b64": "..."}`; a single input or output goes without its name.
"""

import base64
import json
from typing import Any

import grpc
import numpy as np

from serving.embedded.predict import DEFAULT_SIGNATURE
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import predict_pb2
from serving.protocol.tensors import numpy_type, to_array, to_tensor

_INVALID = grpc.StatusCode.INVALID_ARGUMENT
_MAX_VALUES = 100_000  # of one body; Python takes about 100 bytes for each
_BYTES_SUFFIX = "_bytes"  # outputs of strings named so are base64, all others UTF-8 text


def read_request(body: bytes | bytearray, signatures: dict[str, Any]) -> tuple[Any, bool]:
    """Reads the body of a predict call.

    Args:
        body: JSON.
        signatures: of the model, for the types of the inputs.

    Returns:
        A PredictRequest without a model, and whether the response is in row format.

    Raises:
        StatusError: it is no such JSON, or does not fit the signature.
    """
    values = _parse(body)
    key = values.get("signature_name") or DEFAULT_SIGNATURE
    if key not in signatures:
        raise StatusError(_INVALID, f'Serving signature name: "{key}" not found in signature def')
    infos = signatures[key].inputs
    if "instances" in values:
        by_row, columns = True, _columns_of_rows(values["instances"], infos)
    elif "inputs" in values:
        by_row, columns = False, _columns(values["inputs"], infos)
    else:
        raise StatusError(_INVALID, "Missing 'inputs' or 'instances' key")
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = key
    for name, column in columns.items():
        if name not in infos:
            raise StatusError(_INVALID, f"JSON object has an unexpected key: {name}")
        request.inputs[name].CopyFrom(_tensor(name, column, infos[name].dtype))
    return request, by_row


def write_response(response: Any, by_row: bool) -> dict[str, Any]:
    """Writes a PredictResponse as an object for JSON."""
    columns = {
        name: _plain(name, to_array(tensor)) for name, tensor in sorted(response.outputs.items())
    }
    alone = next(iter(columns.values())) if len(columns) == 1 else None
    if not by_row:
        return {"outputs": columns if alone is None else alone}
    if alone is not None:
        return {"predictions": alone}
    rows = zip(*columns.values(), strict=True)
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in rows]}


# === Reading ===


def _parse(body: bytes | bytearray) -> dict[str, Any]:
    # An upper limit of the values, counted before any is made; base64 has none of these signs.
    if body.count(b",") + body.count(b"[") + body.count(b"{") > _MAX_VALUES:
        raise StatusError(_INVALID, f"JSON of more than {_MAX_VALUES} values: send fewer at once")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise StatusError(_INVALID, f"JSON Parse error: {error}") from error
    if not isinstance(values, dict):
        raise StatusError(_INVALID, f"JSON value is not an object: {type(values).__name__}")
    return values


def _columns_of_rows(rows: Any, infos: Any) -> dict[str, Any]:
    if not isinstance(rows, list) or not rows:
        raise StatusError(_INVALID, "Request expects 'instances' to be a non-empty list")
    if not _is_named(rows[0]):
        return {_lone_input(infos): rows}
    names = set(rows[0])
    if not all(_is_named(row) and set(row) == names for row in rows):
        raise StatusError(_INVALID, "Each 'instance' needs the same keys: one for each input")
    return {name: [row[name] for row in rows] for name in rows[0]}


def _columns(inputs: Any, infos: Any) -> dict[str, Any]:
    return inputs if _is_named(inputs) else {_lone_input(infos): inputs}


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not _is_bytes(value)


def _is_bytes(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"b64"}


def _lone_input(infos: Any) -> str:
    if len(infos) != 1:
        raise StatusError(
            _INVALID,
            f"A request without names needs a signature of one input; this one has: "
            f"{', '.join(sorted(infos))}",
        )
    return str(next(iter(infos)))


def _tensor(name: str, column: Any, dtype: int) -> Any:
    try:
        return to_tensor(_array(column, numpy_type(dtype)), dtype)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise StatusError(
            _INVALID, f"Failed to process element of input {name!r}: {error}"
        ) from error


def _array(column: Any, kind: Any) -> Any:
    if kind is object:
        return np.array(_decoded(column), object)
    array = np.array(column)
    if array.size and not np.can_cast(array.dtype, kind, "same_kind"):  # 1.5 is not an integer
        raise ValueError(f"expected {np.dtype(kind)}, received {array.dtype}")
    return np.array(column, kind)


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if isinstance(value, str):
        return value.encode()
    if not _is_bytes(value) or not isinstance(value["b64"], str):
        raise ValueError(f"expected text or {{'b64': text}}, received {type(value).__name__}")
    return _bytes_of(value["b64"])


def _bytes_of(text: str) -> bytes:
    """Decodes base64, as TensorFlow Serving: white space is skipped, padding may be missing."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        text = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise ValueError(f"Unable to base64 decode: {error}") from error


# === Writing ===


def _plain(name: str, array: Any) -> Any:
    if array.dtype == np.float32:
        # The shortest decimal of a float32 is 0.1; of the float64 it would become on its way
        # through `tolist`, 0.10000000149011612.
        return array.astype(str).astype(np.float64).tolist()
    values = array.tolist()
    return _text(values, name.endswith(_BYTES_SUFFIX)) if array.dtype == object else values


def _text(value: Any, as_base64: bool) -> Any:
    if isinstance(value, list):
        return [_text(one, as_base64) for one in value]
    if as_base64:
        return {"b64": base64.b64encode(value).decode()}
    return value.decode("utf-8", "replace")
