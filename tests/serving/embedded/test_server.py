import http.client
import socket
from typing import Any
from urllib.request import urlopen

import pytest

from serving.client import Client
from serving.embedded.server import EmbeddedServer, Settings
from serving.protocol.errors import ServingError
from serving.protocol.tls import Tls

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
    rest = f"127.0.0.1:{server.rest_port}/v1/models/tiny"
    with urlopen(f"https://{rest}", timeout=10, context=tls.context()) as response:
        assert response.status == 200
    with pytest.raises((http.client.HTTPException, OSError)):
        urlopen(f"http://{rest}", timeout=10)


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address(base, start, dark, host):
    server = start(base, host=host)
    assert server.address == f"[::1]:{server.grpc_port}"
    with Client(server.address, "tiny") as client:
        assert client.predict([dark])[0].label == "dark"
    with urlopen(f"http://[::1]:{server.rest_port}/v1/models/tiny", timeout=10) as response:
        assert response.status == 200


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
