import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from serving.client import Client
from serving.embedded.server import EmbeddedServer, Settings
from serving.protocol.errors import ServerUnavailableError, ServingError
from serving.protocol.tensorflow_free import predict_pb2, types_pb2
from serving.protocol.tensors import to_tensor
from serving.protocol.tls import Tls
from tests.paths import ROOT

# === What keeps it from starting ===


def test_no_such_folder(tmp_path):
    with pytest.raises(ServingError, match=r"no folder .*none\. Push one"):
        EmbeddedServer(tmp_path / "none")


@pytest.mark.parametrize("kind", ["grpc_port", "rest_port"])
def test_port_that_is_taken(base, kind):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ports = {"grpc_port": 0, "rest_port": 0} | {kind: port}
        with pytest.raises(ServingError, match=f"(?i){kind[:4]} port {port} .*another program"):
            EmbeddedServer(base, Settings(**ports))


def test_label_of_a_version_that_is_not_there(base, start):
    file = base / "models.config"
    file.write_text(
        f'model_config_list {{ config {{ name: "tiny" base_path: "{base / "tiny"}" '
        'version_labels { key: "stable" value: 7 } } }'
    )
    with pytest.raises(ServingError, match=r"version 7 of model tiny.*models\.config"):
        start(base, models_config=file)


def test_a_key_of_another_certificate(base, authority):
    pair, other = authority.issue(), authority.issue("10.0.0.1")
    with pytest.raises(ServingError, match=r"TLS needs a certificate and its key.*mismatch"):
        EmbeddedServer(base, Settings(certificate=pair.certificate, key=other.key))


# === Serving ===


def test_models_config(base, push, start, dark):
    push(base, 2)
    file = base / "models.config"
    file.write_text(
        f'model_config_list {{ config {{ name: "other" base_path: "{base / "tiny"}" '
        "model_version_policy { all {} } "
        'version_labels { key: "stable" value: 1 } } }'
    )
    server = start(base, models_config=file)
    with Client(server.address, "other") as client:
        assert client.predict([dark], label="stable")[0].version == 1
        assert client.predict([dark])[0].version == 2
        assert [status.version for status in client.status()] == [2, 1]


def test_folder_without_models_waits_for_the_first(tmp_path, push, start, tools, dark):
    server = start(tmp_path)
    push(tmp_path, 1)
    tools.eventually(lambda: server.manager.versions("tiny"))
    tools.eventually(lambda: server.manager.versions("tiny")[1].available)
    with Client(server.address, "tiny") as client:
        assert client.predict([dark])[0].ok


def test_without_rest_and_without_batching(base, start, dark):
    server = start(base, rest_port=None, max_batch=0)
    assert server.rest_port is None
    with Client(server.address, "tiny") as client:
        assert client.predict([dark])[0].label == "dark"


def test_both_ports_speak_tls(base, start, authority, dark):
    pair, tls = authority.issue(), Tls(authority.roots)
    server = start(base, certificate=pair.certificate, key=pair.key)
    with Client(server.address, "tiny", tls=tls) as client:
        assert client.predict([dark])[0].label == "dark"
    for context in (tls.context(), None):
        connection = (
            http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=10)
            if context is None
            else http.client.HTTPSConnection(
                "127.0.0.1", server.rest_port, timeout=10, context=context
            )
        )
        connection.request("GET", "/v1/models/tiny")
        if context is None:
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                connection.getresponse()
        else:
            assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address(base, start, dark, host):
    server = start(base, host=host)
    assert server.address == f"[::1]:{server.grpc_port}"
    with Client(server.address, "tiny") as client:
        assert client.predict([dark])[0].label == "dark"
    connection = http.client.HTTPConnection("::1", server.rest_port, timeout=10)
    connection.request("GET", "/v1/models/tiny")
    assert connection.getresponse().status == 200
    connection.close()


def test_beyond_this_machine_it_needs_tls_and_a_token(base, authority):
    pair = authority.issue("0.0.0.0")
    tls = {"certificate": pair.certificate, "key": pair.key}
    open_to_all: dict[str, Any] = {"host": "0.0.0.0", "grpc_port": 0, "rest_port": 0}
    for given in ({}, tls, {"token": "a-token-of-some-length"}):
        with pytest.raises(ServingError, match="needs TLS and a token"):
            EmbeddedServer(base, Settings(**open_to_all, **given))
    for given in ({"insecure": True}, tls | {"token": "a-token-of-some-length"}):
        EmbeddedServer(base, Settings(**open_to_all, **given)).stop()


def test_only_this_machine_can_reach_the_default():
    assert Settings().host == "127.0.0.1"


def test_stop_answers_what_is_under_way(base, start, stubs, tools):
    server = start(base)
    stub = stubs(server.address).predictions
    call = stub.Predict.future(slow_request(5000), timeout=30)
    tools.eventually(lambda: server.manager.versions("tiny")[1]._acquired)
    server.stop()
    assert call.result().outputs["value"].float_val
    with (
        Client(server.address, "tiny", attempts=1) as client,
        pytest.raises(ServerUnavailableError),
    ):
        client.status()


def test_many_requests_do_not_fill_the_memory(base, start, stubs):
    import resource

    stub = stubs(start(base).address).predictions
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "tiny", "double"
    request.inputs["x"].CopyFrom(to_tensor(np.zeros(50_000, np.float32), types_pb2.DT_FLOAT))

    def ask(times):
        for _ in range(times):
            stub.Predict(request, timeout=10)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, the peak

    warm = ask(50)
    # 200 KB in and 200 KB out: kept, they would be 120 MB.
    assert ask(300) - warm < 40_000


def slow_request(steps):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "tiny", "slow"
    request.inputs["steps"].CopyFrom(to_tensor(np.array(steps), types_pb2.DT_INT32))
    return request


# === As a process ===

PROGRAM = """
import sys
from pathlib import Path
from serving.embedded.server import Settings, serve

def ready(server):
    print(server.address, server.rest_port, flush=True)

serve(Path(sys.argv[1]), Settings(grpc_port=0, rest_port=0), ready)
print("down", flush=True)
"""


@pytest.fixture
def process(base):
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(base)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


def test_sigterm_drains(process, stubs, tools):
    address, rest_port = process.stdout.readline().split()
    stub = stubs(address).predictions
    calls = [stub.Predict.future(slow_request(12_000), timeout=60) for _ in range(3)]
    rest = threading.Thread(target=ask_rest, args=(int(rest_port), found := []))
    rest.start()
    time.sleep(0.3)
    assert not any(call.done() for call in calls)
    process.send_signal(signal.SIGTERM)
    assert all(call.result().outputs["value"].float_val for call in calls)
    rest.join(30)
    assert found == [200]
    assert process.wait(20) == 0
    assert process.stdout.read() == "down\n"


def ask_rest(port, found):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = '{"signature_name": "slow", "inputs": 12000}'
    connection.request("POST", "/v1/models/tiny:predict", body)
    found.append(connection.getresponse().status)
    connection.close()
