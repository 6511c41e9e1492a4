"""What a server says about a model: GetModelMetadata and GetModelStatus."""

import pytest
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from tests.serving.contract.calls import refusal


def metadata_request(*fields, name="tiny", version=None):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    return request


def status_request(name, version=None):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    return request


# === Metadata ===


@pytest.mark.parametrize(("asked", "version"), [(None, 2), (1, 1)])
def test_metadata(predictions, asked, version):
    request = metadata_request("signature_def", version=asked)
    response = predictions.GetModelMetadata(request, timeout=10)
    assert (response.model_spec.name, response.model_spec.version.value) == ("tiny", version)
    assert list(response.metadata) == ["signature_def"]
    found = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    assert {"serving_default", "explain", "slow", "double"} <= set(found.signature_def)
    info = found.signature_def["serving_default"].inputs["image_bytes"]
    assert info.dtype == tf.string.as_datatype_enum
    assert [dim.size for dim in info.tensor_shape.dim] == [-1]
    assert found.signature_def["serving_default"].method_name == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([], "GetModelMetadataRequest must specify at least one metadata_field"),
        (["other"], "Metadata field other is not supported"),
    ],
)
def test_wrong_metadata(predictions, fields, text):
    found = refusal(predictions.GetModelMetadata, metadata_request(*fields))
    assert found == ("INVALID_ARGUMENT", text)


def test_metadata_of_what_is_not_there(predictions):
    request = metadata_request("signature_def", name="x")
    assert refusal(predictions.GetModelMetadata, request) == (
        "NOT_FOUND",
        "Servable not found for request: Latest(x)",
    )
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    assert refusal(predictions.GetModelMetadata, request) == (
        "INVALID_ARGUMENT",
        "Missing ModelSpec",
    )


# === Status ===


def test_status(models):
    available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
    found = models.GetModelStatus(status_request("tiny"), timeout=10).model_version_status
    assert [(one.version, one.state, one.status.error_code) for one in found] == [
        (2, available, 0),
        (1, available, 0),
    ]
    (one,) = models.GetModelStatus(status_request("tiny", 1), timeout=10).model_version_status
    assert (one.version, one.state) == (1, available)


def test_status_of_what_is_not_there(models):
    assert refusal(models.GetModelStatus, status_request("x")) == (
        "NOT_FOUND",
        "Could not find any versions of model x",
    )
    assert refusal(models.GetModelStatus, status_request("tiny", 8)) == (
        "NOT_FOUND",
        "Could not find version 8 of model tiny",
    )
    request = get_model_status_pb2.GetModelStatusRequest()
    assert refusal(models.GetModelStatus, request) == ("INVALID_ARGUMENT", "Missing ModelSpec")
