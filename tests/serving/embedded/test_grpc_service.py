"""The protocol, asked by a hand-made gRPC client: codes, texts, shapes."""

import grpc
import numpy as np
import pytest
import tensorflow as tf

from serving.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
    types_pb2,
)
from serving.tensors import strings, to_array, to_tensor


@pytest.fixture(scope="module")
def stub(server, stubs):
    return stubs(server.address)


def refusal(call, request):
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=10)
    return error.value.code().name, error.value.details()


# === Predict ===


def test_predict(stub, tools, dark, bright):
    response = stub.predictions.Predict(tools.request(dark, bright), timeout=10)
    assert response.model_spec.name == "tiny"
    assert response.model_spec.version.value == 2
    assert response.model_spec.signature_name == "serving_default"
    assert sorted(response.outputs) == ["label", "labels", "probabilities", "uncertain"]
    assert list(response.outputs["probabilities"].float_val) == pytest.approx([0.8, 0.2, 0.2, 0.8])
    assert tf.make_ndarray(response.outputs["labels"]).shape == (2, 2)
    assert to_array(response.outputs["uncertain"]).tolist() == [False, False]


def test_inputs_as_tensor_content(stub):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "tiny", "double"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.float32([1.5, 2.5])))
    assert request.inputs["x"].tensor_content
    response = stub.predictions.Predict(request, timeout=10)
    assert list(response.outputs["y"].float_val) == [3, 5]


def test_output_filter(stub, tools, dark):
    request = tools.request(dark)
    request.output_filter.append("label")
    assert list(stub.predictions.Predict(request, timeout=10).outputs) == ["label"]
    request.output_filter.append("nothing")
    assert refusal(stub.predictions.Predict, request) == (
        "INVALID_ARGUMENT",
        "output tensor alias not found in signature: nothing Outputs expected to be in the set "
        "{label,labels,probabilities,uncertain}.",
    )
    request.output_filter[:] = ["label", "label"]
    code, text = refusal(stub.predictions.Predict, request)
    assert (code, text) == ("INVALID_ARGUMENT", "duplicate output tensor alias: label")


@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        ({"model": "x"}, "NOT_FOUND", "Servable not found for request: Latest(x)"),
        ({"version": 1}, "NOT_FOUND", "Servable not found for request: Specific(tiny, 1)"),
        ({"label": "a"}, "INVALID_ARGUMENT", "Unrecognized servable version label: a"),
        ({"model": ""}, "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        ({"signature": "x"}, "FAILED_PRECONDITION", 'Serving signature key "x" not found.'),
    ],
)
def test_what_is_not_there(stub, tools, dark, asked, code, text):
    assert refusal(stub.predictions.Predict, tools.request(dark, **asked)) == (code, text)


def test_no_model_spec(stub):
    request = predict_pb2.PredictRequest()
    assert refusal(stub.predictions.Predict, request) == ("INVALID_ARGUMENT", "Missing ModelSpec")


def test_wrong_inputs(stub, tools, dark):
    request = tools.request(dark)
    request.inputs["more"].CopyFrom(strings([b"x"]))
    code, text = refusal(stub.predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert text.startswith("input size does not match signature: 2!=1 len({image_bytes,more})")
    del request.inputs["image_bytes"]
    code, text = refusal(stub.predictions.Predict, request)
    assert code == "INVALID_ARGUMENT"
    assert text.startswith("Signature input alias: image_bytes(feed name: ")


def test_wrong_type(stub, tools):
    request = tools.request()
    request.inputs["image_bytes"].CopyFrom(to_tensor(np.float32([1]), types_pb2.DT_FLOAT))
    assert refusal(stub.predictions.Predict, request) == (
        "INVALID_ARGUMENT",
        "Expects arg[0] to be string but float is provided",
    )


def test_tensor_that_does_not_fill_its_shape(stub, tools, dark):
    request = tools.request(dark)
    request.inputs["image_bytes"].tensor_shape.dim[0].size = 10**9
    code, text = refusal(stub.predictions.Predict, request)
    assert code == "INVALID_ARGUMENT" and text.startswith("tensor parsing error: image_bytes")


def test_junk_image(stub, tools, dark):
    code, text = refusal(stub.predictions.Predict, tools.request(dark, b"junk"))
    assert code == "INVALID_ARGUMENT"
    assert "Unknown image file format" in text


def test_junk_does_not_touch_requests_that_run_with_it(stub, tools, dark):
    requests = [tools.request(b"junk" if n % 8 == 3 else dark) for n in range(64)]
    calls = [stub.predictions.Predict.future(request, timeout=20) for request in requests]
    codes = [call.code().name for call in calls]
    assert codes == ["INVALID_ARGUMENT" if n % 8 == 3 else "OK" for n in range(64)]


def test_long_error_is_cut(stub, tools, dark):
    code, text = refusal(stub.predictions.Predict, tools.request(dark, model="x" * 3000))
    assert code == "NOT_FOUND" and text.endswith("...TRUNCATED") and len(text) < 1100


def test_no_images(stub, tools):
    response = stub.predictions.Predict(tools.request(), timeout=10)
    assert to_array(response.outputs["probabilities"]).shape == (0, 2)


def test_what_is_not_offered(server):
    with grpc.insecure_channel(server.address) as channel:
        call = channel.unary_unary("/tensorflow.serving.PredictionService/Classify")
        assert refusal(call, b"")[0] == "UNIMPLEMENTED"


# === Metadata and status ===


def test_metadata(stub):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "tiny"
    response = stub.predictions.GetModelMetadata(request, timeout=10)
    assert response.model_spec.version.value == 2
    found = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    info = found.signature_def["serving_default"].inputs["image_bytes"]
    assert (info.dtype, info.tensor_shape.dim[0].size) == (types_pb2.DT_STRING, -1)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([], "GetModelMetadataRequest must specify at least one metadata_field"),
        (["other"], "Metadata field other is not supported"),
    ],
)
def test_wrong_metadata(stub, fields, text):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = "tiny"
    assert refusal(stub.predictions.GetModelMetadata, request) == ("INVALID_ARGUMENT", text)


def status_request(name, version=None):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    return request


def test_status(stub):
    for request in (status_request("tiny"), status_request("tiny", 2)):
        (found,) = stub.models.GetModelStatus(request, timeout=10).model_version_status
        assert (found.version, found.state, found.status.error_code) == (2, 30, 0)


def test_status_of_what_is_not_there(stub):
    ask = stub.models.GetModelStatus
    assert refusal(ask, status_request("x")) == (
        "NOT_FOUND",
        "Could not find any versions of model x",
    )
    assert refusal(ask, status_request("tiny", 8)) == (
        "NOT_FOUND",
        "Could not find version 8 of model tiny",
    )


def test_status_says_why_a_version_is_not_loaded(start, base, push, stubs, tools):
    (push(base, 2) / "saved_model.pb").write_bytes(b"junk")
    models = stubs(start(base).address).models
    broken, good = models.GetModelStatus(status_request("tiny"), timeout=10).model_version_status
    assert (broken.version, broken.state, good.version, good.state) == (2, 20, 1, 30)
    assert "saved_model.pb" in broken.status.error_message and broken.status.error_code


# === Reload ===


def test_reload_with_labels(start, base, push, stubs, tools, dark):
    push(base, 2)
    stub = stubs(start(base).address)
    request = model_management_pb2.ReloadConfigRequest()
    model = request.config.model_config_list.config.add(
        name="tiny", base_path=str(base / "tiny"), model_platform="tensorflow"
    )
    model.model_version_policy.all.SetInParent()
    model.version_labels["stable"] = 1
    assert stub.models.HandleReloadConfigRequest(request, timeout=20).status.error_code == 0
    found = stub.predictions.Predict(tools.request(dark, label="stable"), timeout=10)
    assert found.model_spec.version.value == 1
    model.version_labels["stable"] = 5
    code, text = refusal(stub.models.HandleReloadConfigRequest, request)
    assert code == "FAILED_PRECONDITION" and "label to version 5 of model tiny" in text
    model.base_path = "relative"
    code, text = refusal(stub.models.HandleReloadConfigRequest, request)
    assert code == "INVALID_ARGUMENT" and "absolute path" in text
