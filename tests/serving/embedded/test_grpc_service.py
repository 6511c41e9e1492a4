"""What the embedded server adds to the protocol; tests/serving/contract has the protocol itself."""

import grpc
import pytest

from serving.protocol.tensorflow_free import get_model_status_pb2, model_management_pb2


@pytest.fixture(scope="module")
def stub(server, stubs):
    return stubs(server.address)


def refusal(call, request):
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=10)
    return error.value.code().name, error.value.details()


def test_tensor_that_does_not_fill_its_shape(stub, tools, dark):
    # TensorFlow would repeat the last value 10**9 times.
    request = tools.request(dark)
    request.inputs["image_bytes"].tensor_shape.dim[0].size = 10**9
    code, text = refusal(stub.predictions.Predict, request)
    assert code == "INVALID_ARGUMENT" and text.startswith("tensor parsing error: image_bytes")


def test_what_is_not_offered(stub):
    call = stub.channel.unary_unary("/tensorflow.serving.PredictionService/Classify")
    assert refusal(call, b"")[0] == "UNIMPLEMENTED"


def test_status_says_why_a_version_is_not_loaded(start, base, push, stubs):
    (push(base, 2) / "saved_model.pb").write_bytes(b"junk")
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "tiny"
    models = stubs(start(base).address).models
    broken, good = models.GetModelStatus(request, timeout=10).model_version_status
    assert (broken.version, broken.state, good.version, good.state) == (2, 20, 1, 30)
    assert "saved_model.pb" in broken.status.error_message and broken.status.error_code


def test_reload_of_a_relative_path(stub):
    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(name="tiny", base_path="relative")
    code, text = refusal(stub.models.HandleReloadConfigRequest, request)
    assert code == "INVALID_ARGUMENT" and "absolute path" in text
