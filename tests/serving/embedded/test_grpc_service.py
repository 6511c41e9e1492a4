"""What the embedded server adds to the protocol; tests/serving/contract has the protocol itself."""

import grpc
import pytest

from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
)
from serving.protocol.token import metadata_of


@pytest.fixture(scope="module")
def stub(server, stubs):
    return stubs(server.address)


TOKEN, OTHER = "a-token-of-some-length", "another-token-of-some-length"


def refusal(call, request, token=None):
    with pytest.raises(grpc.RpcError) as error:
        call(request, timeout=10, metadata=metadata_of(token))
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


# === Who may ask ===


def reload_request(base_path, name="tiny"):
    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(name=name, base_path=str(base_path))
    return request


def test_with_a_token_every_call_asks_for_it(start, base, stubs, tools, dark):
    stub = stubs(start(base, token=TOKEN).address)
    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "tiny"
    metadata = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    metadata.model_spec.name = "tiny"
    for call, request in (
        (stub.predictions.Predict, tools.request(dark)),
        (stub.predictions.GetModelMetadata, metadata),
        (stub.models.GetModelStatus, status),
    ):
        for token in (None, OTHER):
            assert refusal(call, request, token)[0] == "UNAUTHENTICATED"
        assert call(request, timeout=10, metadata=metadata_of(TOKEN))


def test_a_stranger_s_message_is_refused_before_it_is_read(start, base, stubs, tools, dark):
    stub = stubs(start(base, token=TOKEN, max_message=1000).address)
    found = refusal(stub.predictions.Predict, tools.request(dark + bytes(10_000_000)))
    assert found[0] == "UNAUTHENTICATED"  # else RESOURCE_EXHAUSTED


def test_reload_is_off_unless_it_was_switched_on(stub, base):
    for token in (None, TOKEN):
        found = refusal(stub.models.HandleReloadConfigRequest, reload_request(base), token)
        assert found[0] == "PERMISSION_DENIED" and "--allow-reload" in found[1]


def test_reload_asks_for_its_token_and_predict_does_not(start, base, stubs, tools, dark):
    stub = stubs(start(base, reload_token=TOKEN).address)
    call, request = stub.models.HandleReloadConfigRequest, reload_request(base / "tiny", "renamed")
    for token in (None, OTHER):
        assert refusal(call, request, token)[0] == "UNAUTHENTICATED"
    call(request, timeout=30, metadata=metadata_of(TOKEN))
    assert stub.predictions.Predict(tools.request(dark, model="renamed"), timeout=10).outputs


def test_reload_stays_below_the_folder_that_is_served(start, base, push, stubs, tmp_path):
    push(tmp_path / "elsewhere", 1)
    (base / "link").symlink_to(tmp_path / "elsewhere" / "tiny")
    call = stubs(start(base, reload_token=TOKEN).address).models.HandleReloadConfigRequest
    for path in (
        tmp_path / "elsewhere" / "tiny",
        base / ".." / "elsewhere" / "tiny",
        base / "link",
        f"{base}-beside",
        "/",
    ):
        code, text = refusal(call, reload_request(path), TOKEN)
        assert code == "PERMISSION_DENIED" and "after links are followed" in text
    code, text = refusal(call, reload_request("relative"), TOKEN)
    assert code == "INVALID_ARGUMENT" and "absolute path" in text
