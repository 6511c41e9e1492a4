import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from serving.protocol.tensorflow_free import tensor_pb2, types_pb2
from serving.protocol.tensors import strings, to_array, to_tensor, type_name

DTYPES = ["float32", "float64", "int64", "int32", "int16", "int8", "uint16", "uint8", "bool"]


@settings(deadline=None)
@given(st.data(), st.sampled_from(DTYPES), array_shapes(min_dims=0, max_dims=3, min_side=0))
def test_numbers_survive_as_values_and_as_bytes(data, dtype, shape):
    array = data.draw(arrays(dtype, shape))
    number = tf.as_dtype(dtype).as_datatype_enum
    for tensor in (to_tensor(array, number), tf.make_tensor_proto(array)):
        found = to_array(tensor)
        assert found.dtype == array.dtype and found.shape == array.shape
        np.testing.assert_array_equal(found, array)


def test_tensorflow_reads_what_is_written():
    array = np.array([[0.5, 1.5]], np.float32)
    np.testing.assert_array_equal(tf.make_ndarray(to_tensor(array, types_pb2.DT_FLOAT)), array)
    assert tf.make_ndarray(strings([b"\0a", b""])).tolist() == [b"\0a", b""]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_strings_survive(values):
    assert to_array(strings(values)).tolist() == values


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_strings_as_a_list_of_lengths_and_bytes(values):
    tensor = strings(values)
    del tensor.string_val[:]
    tensor.tensor_content = encode_string_list(values)
    assert to_array(tensor).tolist() == values


def encode_string_list(values):
    """What TensorFlow's C++ does in `port::EncodeStringList`."""
    lengths = bytearray()
    for value in values:
        length = len(value)
        while length >= 0x80:
            lengths.append(length & 0x7F | 0x80)
            length >>= 7
        lengths.append(length)
    return bytes(lengths) + b"".join(values)


def tensor(dtype, sizes, **values):
    made = tensor_pb2.TensorProto(dtype=dtype, **values)
    for size in sizes:
        made.tensor_shape.dim.add(size=size)
    return made


def test_a_value_is_repeated():
    assert to_array(tensor(types_pb2.DT_FLOAT, [3], float_val=[1, 2])).tolist() == [1, 2, 2]
    assert to_array(tensor(types_pb2.DT_INT32, [2])).tolist() == [0, 0]
    assert to_array(tensor(types_pb2.DT_STRING, [2])).tolist() == [b"", b""]


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (tensor(types_pb2.DT_FLOAT, [2], float_val=[1, 2, 3]), "3 values for a shape of 2"),
        (tensor(types_pb2.DT_FLOAT, [10**12], float_val=[1]), "1 values for a shape of 10000"),
        (tensor(types_pb2.DT_FLOAT, [-1], float_val=[1]), "known sizes"),
        (tensor(types_pb2.DT_FLOAT, [2], tensor_content=b"123"), "buffer size"),
        (tensor(types_pb2.DT_STRING, [2], tensor_content=b"\1\5a"), "for strings of 6 bytes"),
        (tensor(types_pb2.DT_STRING, [1], tensor_content=b"\xff"), "cut off"),
        (tensor(types_pb2.DT_STRING, [10**12], tensor_content=b"\1"), "1 bytes for 10000"),
        (tensor(types_pb2.DT_COMPLEX64, [1]), "complex64 can't be read"),
        (tensor(types_pb2.DT_INVALID, []), "invalid can't be read"),
    ],
)
def test_what_does_not_fit_is_refused(made, says):
    with pytest.raises(ValueError, match=says):
        to_array(made)


def test_values_of_another_type_are_not_written():
    with pytest.raises(ValueError, match="do not fit float"):
        to_tensor(np.array(["a"], object), types_pb2.DT_FLOAT)


def test_type_names():
    assert type_name(types_pb2.DT_STRING) == "string"
    assert type_name(9999) == "unknown type 9999"
