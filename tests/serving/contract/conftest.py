"""The server under contract and hand-made clients of it; README.md says how to name another.

target       its addresses, and its folder if it may be changed
predictions  stub of PredictionService, of tensorflow-serving-api
models       stub of ModelService
authorized   the metadata that a reload request needs
ask          sends a REST request: (method, path, body) -> (status, object or text)
base         the folder of a server that may be changed
"""

import http.client
import json
import os
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from tests.serving.contract.models import write_models

RELOAD_TOKEN = "a-token-of-the-contract"


@dataclass(frozen=True)
class Target:
    grpc: str
    rest: str | None
    base: Path | None


@pytest.fixture(scope="session")
def target(tmp_path_factory, tools):
    address = os.environ.get("MEDTFX_SERVER")
    if address:
        folder = os.environ.get("MEDTFX_MODEL_BASE")
        yield Target(address, os.environ.get("MEDTFX_REST"), Path(folder) if folder else None)
        return
    from serving.embedded.server import EmbeddedServer, Settings

    base = tmp_path_factory.mktemp("contract")
    write_models(base)
    settings = Settings(
        **tools.FAST, models_config=base / "models.config", reload_token=RELOAD_TOKEN
    )
    with EmbeddedServer(base, settings) as own:
        yield Target(own.address, f"127.0.0.1:{own.rest_port}", base)


@pytest.fixture(scope="session")
def channel(target):
    limits = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(target.grpc, limits) as opened:
        yield opened


@pytest.fixture(scope="session")
def predictions(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="session")
def models(channel):
    return model_service_pb2_grpc.ModelServiceStub(channel)


@pytest.fixture
def authorized():
    token = os.environ.get("MEDTFX_RELOAD_TOKEN", RELOAD_TOKEN)
    return {"metadata": [("authorization", f"Bearer {token}")]}


@pytest.fixture
def base(target):
    if target.base is None:
        pytest.skip("MEDTFX_MODEL_BASE is not set: this server must not be changed")
    return target.base


@pytest.fixture
def ask(target):
    if target.rest is None:
        pytest.skip("MEDTFX_REST is not set: the REST port of MEDTFX_SERVER is not known")
    connection = http.client.HTTPConnection(target.rest, timeout=10)

    def send(method, path, body=None):
        body = json.dumps(body) if isinstance(body, dict) else body
        connection.request(method, path, body)
        response = connection.getresponse()
        text = response.read().decode()
        is_json = response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(text) if is_json else text

    yield send
    connection.close()
