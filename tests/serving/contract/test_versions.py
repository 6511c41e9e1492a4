"""Versions that come and go, and other configurations: only where the server may be changed."""

import shutil

import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2
from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus

from tests.serving.contract.calls import predict_request, refusal
from tests.serving.contract.models import model_config


@pytest.fixture
def push(base):
    """Copies a version of `changing`; a file at a time, the graph last if it is to come at all."""
    pushed = []

    def copy(version, graph=True):
        folder = base / "changing" / str(version)
        pushed.append(folder)
        without = shutil.ignore_patterns("saved_model.pb")
        shutil.copytree(base / "changing" / "1", folder, ignore=without)
        if graph:
            shutil.copy(base / "changing" / "1" / "saved_model.pb", folder)
        return folder

    yield copy
    for folder in pushed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def answering(predictions, dark):
    def ask(**asked):
        request = predict_request(dark, model="changing", **asked)
        return predictions.Predict(request, timeout=10).model_spec.version.value

    return ask


@pytest.fixture
def states(models):
    """Version → state, of `changing`."""
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "changing"

    def ask():
        found = models.GetModelStatus(request, timeout=10).model_version_status
        return {one.version: ModelVersionStatus.State.Name(one.state) for one in found}

    return ask


@pytest.fixture
def reload(models, base, authorized):
    """Sends another configuration; the first one is restored after the test."""

    def send(config):
        request = model_management_pb2.ReloadConfigRequest()
        text_format.Parse(config, request.config)
        return request

    yield send
    models.HandleReloadConfigRequest(send(model_config(base)), timeout=30, **authorized)


def test_a_new_version_takes_over_and_gives_back(push, answering, states, tools):
    assert answering() == 1
    folder = push(2)
    tools.eventually(lambda: answering() == 2, 30)
    shutil.rmtree(folder)
    tools.eventually(lambda: answering() == 1, 30)
    tools.eventually(lambda: states() in ({1: "AVAILABLE", 2: "END"}, {1: "AVAILABLE"}), 30)


def test_a_half_copied_version_never_answers(push, answering, states, tools, base):
    folder = push(3, graph=False)
    whole = (base / "changing" / "1" / "saved_model.pb").read_bytes()
    (folder / "saved_model.pb").write_bytes(whole[: len(whole) // 2])
    tools.eventually(lambda: 3 in states(), 30)
    push(2)  # a whole one beside it makes no difference
    for _ in range(50):
        assert answering() in (1, 2)
        assert states()[3] != "AVAILABLE"
    (folder / "saved_model.pb").write_bytes(whole)
    # TensorFlow Serving looks at a version that failed once a minute.
    tools.eventually(lambda: answering() == 3, 90)


def test_policies_and_labels(
    reload, models, push, answering, tools, base, predictions, dark, authorized
):
    push(2)
    config = model_config(base, stable=2, changing="specific { versions: 1 versions: 2 }")
    response = models.HandleReloadConfigRequest(reload(config), timeout=30, **authorized)
    assert response.status.error_code == 0
    tools.eventually(lambda: [answering(), answering(version=1)] == [2, 1], 30)
    found = predictions.Predict(predict_request(dark, label="stable"), timeout=10)
    assert found.model_spec.version.value == 2


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        (
            {"value: 1": "value: 8"},
            "FAILED_PRECONDITION",
            "Request to assign label to version 8 of model tiny, "
            "which is not currently available for inference",
        ),
        ({'"tiny"': '"changing"'}, "INVALID_ARGUMENT", "model changing multiple times"),
    ],
)
def test_a_configuration_that_is_refused(
    reload, models, base, predictions, dark, change, code, text, authorized
):
    config = model_config(base)
    for old, new in change.items():
        config = config.replace(old, new)
    found = refusal(models.HandleReloadConfigRequest, reload(config), **authorized)
    assert found[0] == code and text in found[1]
    response = predictions.Predict(predict_request(dark, label="stable"), timeout=10)
    assert response.model_spec.version.value == 1
