import base64
import json

import numpy as np
import pytest

from serving.embedded.http.rest_json import read_request, write_response
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import get_model_metadata_pb2, predict_pb2, types_pb2
from serving.protocol.tensors import strings, to_array, to_tensor

B64 = {"b64": base64.b64encode(b"\xff\0").decode()}


def signature(**inputs):
    found = get_model_metadata_pb2.SignatureDefMap().signature_def["x"]
    for name, dtype in inputs.items():
        found.inputs[name].dtype = dtype
    return found


SIGNATURES = {
    "serving_default": signature(image_bytes=types_pb2.DT_STRING),
    "two": signature(a=types_pb2.DT_FLOAT, b=types_pb2.DT_INT64),
}


def read(**body):
    request, by_row = read_request(json.dumps(body).encode(), SIGNATURES)
    return {name: to_array(tensor).tolist() for name, tensor in request.inputs.items()}, by_row


@pytest.mark.parametrize(
    ("body", "inputs", "by_row"),
    [
        ({"instances": [B64, "é"]}, [b"\xff\0", "é".encode()], True),
        ({"instances": [{"image_bytes": B64}]}, [b"\xff\0"], True),
        ({"inputs": [B64]}, [b"\xff\0"], False),
        ({"inputs": {"image_bytes": [B64, B64]}}, [b"\xff\0"] * 2, False),
        ({"signature_name": "", "inputs": []}, [], False),
    ],
)
def test_shapes_of_a_request(body, inputs, by_row):
    assert read(**body) == ({"image_bytes": inputs}, by_row)


def test_several_inputs():
    rows = read(signature_name="two", instances=[{"a": 1.5, "b": 2}, {"b": 4, "a": 3}])
    assert rows == ({"a": [1.5, 3.0], "b": [2, 4]}, True)
    columns = read(signature_name="two", inputs={"a": [1], "b": []})
    assert columns == ({"a": [1.0], "b": []}, False)


@pytest.mark.parametrize("text", ["/w A", "/wA=", "/wA", "/w\nA=\n", " /wA= ", "/wA=="])
def test_base64_is_read_as_leniently_as_tensorflow_serving_does(text):
    assert read(instances=[{"b64": text}]) == ({"image_bytes": [b"\xff\0"]}, True)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "JSON Parse error"),
        (b"[" * 100_000, "JSON Parse error"),
        (b"\xff", "JSON Parse error"),
        (b"[]", "not an object"),
        (b"{}", "Missing 'inputs' or 'instances' key"),
        (b'{"instances": []}', "non-empty list"),
        (b'{"instances": {"b64": ""}}', "non-empty list"),
        (b'{"instances": [{"image_bytes": ""}, ""]}', "same keys"),
        (b'{"instances": [{"other": ""}]}', "unexpected key: other"),
        (b'{"instances": [1]}', "input 'image_bytes': expected text"),
        (b'{"instances": [{"b64": 1}]}', "expected text or"),
        (b'{"instances": [{"b64": "%"}]}', "Unable to base64 decode"),
        (b'{"instances": [{"b64": "AAAAA"}]}', "Unable to base64 decode"),
        (b'{"instances": ' + b"[" * 600 + b"]" * 600 + b"}", "Failed to process"),
        (b'{"instances": [' + b"0," * 100_000 + b"0]}", "more than 100000 values"),
        (b'{"signature_name": "two", "inputs": {"b": [' + b"9" * 5000 + b"]}}", ""),
        (b'{"instances": [[""], ""]}', "Failed to process"),
        (b'{"signature_name": "x", "inputs": []}', 'signature name: "x" not found'),
        (b'{"signature_name": 5, "inputs": []}', "not found in signature def"),
        (b'{"signature_name": "two", "inputs": [1]}', "one input; this one has: a, b"),
        (b'{"signature_name": "two", "inputs": {"a": ["x"]}}', "input 'a'"),
        (b'{"signature_name": "two", "inputs": {"b": [1.5]}}', "expected int64, received float64"),
        (b'{"signature_name": "two", "inputs": {"b": [9999999999999999999]}}', "input 'b'"),
        (b'{"signature_name": "two", "inputs": {"a": [[1], 2]}}', "input 'a'"),
    ],
)
def test_what_is_refused(body, says):
    with pytest.raises(StatusError) as refused:
        read_request(body, SIGNATURES)
    assert refused.value.code.name == "INVALID_ARGUMENT"
    assert says in refused.value.message


def response(**outputs):
    made = predict_pb2.PredictResponse()
    for name, tensor in outputs.items():
        made.outputs[name].CopyFrom(tensor)
    return made


SCORES = to_tensor(np.array([[0.1, 0.9], [0.7, 0.3]], np.float32), types_pb2.DT_FLOAT)


def test_one_output_goes_without_its_name():
    made = response(scores=SCORES)
    assert write_response(made, True) == {"predictions": [[0.1, 0.9], [0.7, 0.3]]}
    assert write_response(made, False) == {"outputs": [[0.1, 0.9], [0.7, 0.3]]}


def test_several_outputs():
    made = response(scores=SCORES, label=strings([b"a", "é".encode()]))
    assert write_response(made, True) == {
        "predictions": [{"label": "a", "scores": [0.1, 0.9]}, {"label": "é", "scores": [0.7, 0.3]}]
    }
    assert write_response(made, False)["outputs"]["label"] == ["a", "é"]


def test_outputs_named_bytes_are_base64():
    made = response(png_bytes=strings([b"\xff\0"]))
    assert write_response(made, False) == {"outputs": [B64]}
