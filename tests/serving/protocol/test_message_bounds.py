import random
from contextlib import suppress

import pytest
from google.protobuf.internal.encoder import _VarintBytes
from google.protobuf.message import DecodeError

from serving.protocol.message_bounds import TooManyFieldsError, check_fields
from serving.protocol.tensorflow_free import predict_pb2
from serving.protocol.tensors import strings

REQUEST = predict_pb2.PredictRequest.DESCRIPTOR
LARGE = 300_000  # bytes: less is not looked at


def request(images, padding=LARGE):
    made = predict_pb2.PredictRequest()
    made.model_spec.name = "x" * padding
    made.inputs["image_bytes"].CopyFrom(strings(images))
    return made


def test_a_request_for_images_is_within():
    check_fields(request([b"image" * 1_000] * 256).SerializeToString(), REQUEST)
    check_fields(request([b"0" * 1_000_000] * 2).SerializeToString(), REQUEST, limit=12)


@pytest.mark.parametrize("field", ["inputs", "shape", "output_filter", "unknown", "nested"])
def test_many_small_fields(field):
    made = request([b""])
    if field == "inputs":
        made.inputs["image_bytes"].string_val.extend([b""] * 10_000)
    elif field == "shape":
        for _ in range(10_000):
            made.inputs["image_bytes"].tensor_shape.dim.add()
    elif field == "output_filter":
        made.output_filter.extend([""] * 10_000)
    elif field == "nested":
        handle = made.inputs["image_bytes"].resource_handle_val.add()
        for _ in range(10_000):
            handle.dtypes_and_shapes.add()
    message = made.SerializeToString()
    if field == "unknown":
        message += b"\x78\x00" * 10_000
    with pytest.raises(TooManyFieldsError, match="more than 10000 fields"):
        check_fields(message, REQUEST)


def test_what_is_short_is_not_looked_at():
    check_fields(request([b""] * 20_000, padding=0).SerializeToString(), REQUEST)


def test_what_is_no_message_is_left_to_the_parser():
    dice = random.Random(1)
    whole = request([b"image" * 100_000]).SerializeToString()
    check_fields(b"\xff" * LARGE, REQUEST)
    for _ in range(200):
        changed = bytearray(whole)
        for _ in range(5):
            changed[dice.randrange(60)] = dice.randrange(256)
        with suppress(TooManyFieldsError):
            check_fields(bytes(changed), REQUEST)


def field(number, content):
    """A field of bytes, in the encoding of protobuf."""
    return _VarintBytes(number << 3 | 2) + _VarintBytes(len(content)) + content


def test_messages_inside_each_other_are_left_to_the_parser_which_refuses_them():
    tensor = field(4, b"\0" * LARGE)  # tensor_content
    for _ in range(3_000):
        tensor = field(15, field(3, tensor))  # variant_val, tensors
    message = field(2, field(1, b"image_bytes") + field(2, tensor))  # inputs
    check_fields(message, REQUEST)
    with pytest.raises(DecodeError):
        predict_pb2.PredictRequest.FromString(message)
