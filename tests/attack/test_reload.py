"""Whoever reaches the port of a server may not choose what it loads, nor whom it answers."""

from pathlib import Path

import grpc
import pytest

from serving.embedded.server import EmbeddedServer, Settings
from serving.protocol.errors import ServingError
from serving.protocol.stubs import ModelServiceStub
from serving.protocol.tensorflow_free import model_management_pb2
from serving.protocol.token import metadata_of, reload_token


def reload(address, path, token=None):
    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(name="evil", base_path=str(path))
    with grpc.insecure_channel(address) as channel:
        call = ModelServiceStub(channel).HandleReloadConfigRequest
        return call.future(request, timeout=60, metadata=metadata_of(token)).code().name


def test_nobody_makes_a_server_load_a_folder(server):
    elsewhere = server.folder.parent / "elsewhere" / "tiny"
    for path in (elsewhere, server.folder / "tiny", "/", "/proc/self/root", "gs://bucket/model"):
        assert reload(server.grpc, path) in ("PERMISSION_DENIED", "INVALID_ARGUMENT")
        assert reload(server.grpc, path, "guessed-token-of-length") != "OK"


def test_with_the_token_only_what_is_served(server, tmp_path):
    base = server.folder
    settings = Settings(grpc_port=0, rest_port=None, reload_token=reload_token(tmp_path))
    elsewhere = base.parent / "elsewhere" / "tiny"
    with EmbeddedServer(base, settings) as own:
        token = reload_token(tmp_path)
        for path in (elsewhere, base / ".." / "elsewhere" / "tiny", "/", f"{base}/../../../../"):
            assert reload(own.address, path, token) == "PERMISSION_DENIED"
        link = base / "link"
        link.symlink_to(elsewhere)
        try:
            assert reload(own.address, link, token) == "PERMISSION_DENIED"
        finally:
            link.unlink()
        assert "evil" not in own.manager._versions


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1"])
def test_no_server_is_open_to_a_network_by_accident(server, host):
    with pytest.raises(ServingError, match="needs TLS and a token"):
        EmbeddedServer(Path(server.folder), Settings(host=host, grpc_port=0, rest_port=None))
