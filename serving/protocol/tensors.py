"""NumPy arrays and TensorFlow's `TensorProto`, without TensorFlow.

A server may fill a TensorProto in two ways: value by value (`float_val`, `string_val`, ...; what
TensorFlow Serving does by default) or as raw bytes (`tensor_content`). Both are read here; values
are what is written. Strings are object arrays of `bytes`.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray

from serving.protocol.tensorflow_free import tensor_pb2, types_pb2

# A tensor may state fewer values than its shape has: the last one is then repeated. Beyond this
# many elements that is no convenience but an attempt to fill the memory with a short message.
_MAX_REPEATED = 1_000_000


class _Kind(NamedTuple):
    dtype: Any
    field: str


_KINDS: dict[int, _Kind] = {
    types_pb2.DT_STRING: _Kind(object, "string_val"),
    types_pb2.DT_FLOAT: _Kind(np.float32, "float_val"),
    types_pb2.DT_DOUBLE: _Kind(np.float64, "double_val"),
    types_pb2.DT_INT64: _Kind(np.int64, "int64_val"),
    types_pb2.DT_INT32: _Kind(np.int32, "int_val"),
    types_pb2.DT_INT16: _Kind(np.int16, "int_val"),
    types_pb2.DT_INT8: _Kind(np.int8, "int_val"),
    types_pb2.DT_UINT16: _Kind(np.uint16, "int_val"),
    types_pb2.DT_UINT8: _Kind(np.uint8, "int_val"),
    types_pb2.DT_BOOL: _Kind(np.bool_, "bool_val"),
}


def type_name(dtype: int) -> str:
    """Returns the name of a `DataType` as TensorFlow prints it: 'string', 'float', 'int64'."""
    try:
        return str(types_pb2.DataType.Name(dtype))[len("DT_") :].lower()
    except ValueError:
        return f"unknown type {dtype}"


def numpy_type(dtype: int) -> Any:
    """Returns the NumPy type of a `DataType`.

    Raises:
        ValueError: it has none here (half, complex, quantised, resources).
    """
    return _kind(dtype).dtype


def to_tensor(array: NDArray[Any], dtype: int) -> Message:
    """Writes an array of any shape as a TensorProto of the `DataType`.

    Raises:
        ValueError: the type has no NumPy counterpart here, or the values do not fit it.
    """
    kind = _kind(dtype)
    tensor = tensor_pb2.TensorProto(dtype=dtype)
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    values = array.ravel().tolist()
    try:
        getattr(tensor, kind.field).extend(values)
    except TypeError as error:
        raise ValueError(f"values do not fit {type_name(dtype)}: {error}") from error
    return tensor


def strings(values: Sequence[bytes]) -> Message:
    """Writes byte strings as a TensorProto, string[B]."""
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=values)
    tensor.tensor_shape.dim.add(size=len(values))
    return tensor


def string_count(tensor: Any) -> int:
    """Returns how many strings `to_array` would make of a TensorProto that is whole."""
    if tensor.tensor_content:
        return math.prod(dim.size for dim in tensor.tensor_shape.dim)
    return len(tensor.string_val)


def to_array(tensor: Any) -> NDArray[Any]:
    """Reads a TensorProto, however it was filled.

    Raises:
        ValueError: unknown type, negative or unknown shape, or values that do not fill it.
    """
    kind = _kind(tensor.dtype)
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise ValueError(f"a tensor has a shape of known sizes, not {shape}")
    count = math.prod(shape)
    if not tensor.tensor_content:
        return _from_values(list(getattr(tensor, kind.field)), kind, count).reshape(shape)
    if kind.dtype is object:
        return _from_string_list(tensor.tensor_content, count).reshape(shape)
    return np.frombuffer(tensor.tensor_content, kind.dtype).reshape(shape)


def _kind(dtype: int) -> _Kind:
    if dtype not in _KINDS:
        raise ValueError(f"tensors of {type_name(dtype)} can't be read here")
    return _KINDS[dtype]


def _from_values(values: list[Any], kind: _Kind, count: int) -> NDArray[Any]:
    missing = count - len(values)
    if missing < 0 or (missing and count > _MAX_REPEATED):
        raise ValueError(f"{len(values)} values for a shape of {count} elements")
    if missing:
        empty = b"" if kind.dtype is object else 0
        values = values + (values[-1:] or [empty]) * missing
    array = np.empty(count, kind.dtype)
    array[:] = values
    return array


def _from_string_list(content: bytes, count: int) -> NDArray[Any]:
    """Reads TensorFlow's EncodeStringList: all lengths as varints, then all bytes."""
    if count > len(content):  # each string takes at least the byte of its length
        raise ValueError(f"{len(content)} bytes for {count} strings")
    lengths, position = [], 0
    for _ in range(count):
        length, position = _varint(content, position)
        lengths.append(length)
    if position + sum(lengths) != len(content):
        raise ValueError(f"{len(content)} bytes for strings of {sum(lengths)} bytes")
    array = np.empty(count, object)
    for index, length in enumerate(lengths):
        array[index] = content[position : position + length]
        position += length
    return array


def _varint(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(content) and shift <= 28:
        byte = content[position]
        value, shift, position = value | (byte & 0x7F) << shift, shift + 7, position + 1
        if byte < 0x80:
            return value, position
    raise ValueError("the length of a string is cut off")
