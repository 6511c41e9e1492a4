"""TFX's own client, by which its InfraValidator talks to a TensorFlow Serving of its own."""

import time

import pytest
from tfx.components.infra_validator import error_types
from tfx.components.infra_validator.model_server_clients.tensorflow_serving_client import (
    TensorFlowServingClient,
)

from tests.serving.contract.calls import predict_request


def test_waits_until_the_model_is_loaded(target):
    client = TensorFlowServingClient(target.grpc, "tiny")
    client.WaitUntilModelLoaded(time.time() + 30, polling_interval_sec=1)


def test_waits_in_vain_for_a_model_that_is_not_there(target):
    client = TensorFlowServingClient(target.grpc, "x")
    with pytest.raises(error_types.DeadlineExceeded):
        client.WaitUntilModelLoaded(time.time() + 0.2, polling_interval_sec=0.05)


def test_requests_are_sent(target, dark):
    client = TensorFlowServingClient(target.grpc, "tiny")
    client.SendRequests([predict_request(dark), predict_request(dark, signature="explain")])


@pytest.mark.parametrize(
    "request_",
    [predict_request(b"junk"), predict_request(signature="x")],
    ids=["junk", "signature"],
)
def test_a_request_that_fails_is_seen(target, request_):
    with pytest.raises(error_types.ValidationFailed):
        TensorFlowServingClient(target.grpc, "tiny").SendRequests([request_])
