"""A tiny model in medtfx's contract, images for it, and servers that serve it.

tiny_model     the SavedModel of `tests.serving.tiny_model`
base           folder of pushed models with tiny/1
server         an embedded server on tiny/1 and tiny/2, for tests that do not change anything
dark, bright   16-px PNGs of grey 51 (probability 0.2 of 'bright') and 204 (0.8)
broken         a server whose model returns no prediction; `broken("nan")` gives its address
authority      signs certificates: `authority.issue("127.0.0.1")` gives files
tools          functions that several test files use
"""

import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import numpy as np
import pytest

from serving.protocol.stubs import ModelServiceStub, PredictionServiceStub
from serving.protocol.tensorflow_free import predict_pb2
from serving.protocol.tensors import strings
from tests.serving.certificates import Authority
from tests.serving.predict_server import PredictServer, response_to
from tests.serving.tiny_model import png, save_tiny_model, stranger

FAST: dict[str, Any] = {"grpc_port": 0, "rest_port": 0, "poll_seconds": 0.05, "grace": 10.0}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    save_tiny_model(folder)
    return folder


@pytest.fixture
def push(tiny_model):
    """Copies the tiny model to where a version lies; returns the folder."""

    def copy(base, version, model="tiny"):
        return Path(shutil.copytree(tiny_model, base / model / str(version)))

    return copy


@pytest.fixture
def base(tmp_path, push):
    push(tmp_path / "models", 1)
    return tmp_path / "models"


@pytest.fixture
def start():
    """Starts embedded servers that stop with the test."""
    from serving.embedded.server import EmbeddedServer, Settings

    servers = []

    def begin(base, **settings):
        server = EmbeddedServer(base, Settings(**FAST | settings))
        server.start()
        servers.append(server)
        return server

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(tiny_model, tmp_path_factory):
    from serving.embedded.server import EmbeddedServer, Settings

    base = tmp_path_factory.mktemp("served")
    for version in ("1", "2"):
        shutil.copytree(tiny_model, base / "tiny" / version)
    with EmbeddedServer(base, Settings(**FAST)) as running:
        yield running


@pytest.fixture(scope="session")
def stubs():
    """Opens a hand-made gRPC client: `stubs(address).predictions`, `.models`, `.channel`."""
    channels = []

    def connect(address):
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        channel = grpc.insecure_channel(address, options)
        channels.append(channel)
        return SimpleNamespace(
            predictions=PredictionServiceStub(channel),
            models=ModelServiceStub(channel),
            channel=channel,
        )

    yield connect
    for channel in channels:
        channel.close()


@pytest.fixture
def broken():
    """Starts servers of version 7 of a model that is broken in the way that is named."""
    with ExitStack() as stack:

        def begin(fault):
            probabilities, label, _ = FAULTS[fault]

            def answer(_, request, __):
                return response_to(request, 7, "ab", probabilities, label)

            return stack.enter_context(PredictServer(answer)).address

        yield begin


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def tools():
    """What several test files call."""
    return SimpleNamespace(
        png=png,
        stranger=stranger,
        request=predict_request,
        eventually=eventually,
        FAST=FAST,
        FAULTS=FAULTS,
    )


@pytest.fixture(scope="session")
def dark():
    return png(51)


@pytest.fixture(scope="session")
def bright():
    return png(204)


# Probabilities of the classes 'a' and 'b', the label, and the words of the error.
FAULTS = {
    "nan": ([np.nan, np.nan], "a", "not finite numbers"),
    "inf": ([np.inf, 0.0], "a", "not finite numbers"),
    "negative": ([-0.25, 1.25], "b", "outside of 0 to 1"),
    "sum": ([0.25, 0.751], "b", "do not sum to 1"),
    "label": ([0.25, 0.75], "a", "the most probable class is 'b'"),
    "unknown label": ([0.25, 0.75], "c", "not one of the classes"),
}


def predict_request(*images, model="tiny", signature="", **spec):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if "version" in spec:
        request.model_spec.version.value = spec["version"]
    if "label" in spec:
        request.model_spec.version_label = spec["label"]
    request.inputs["image_bytes"].CopyFrom(strings(images))
    return request


def eventually(condition, seconds=10.0):
    """Waits until a condition holds and returns its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.01)
    return value
