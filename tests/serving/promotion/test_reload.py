import pytest

from serving.promotion.models_config import add_model, empty_config
from serving.promotion.reload import RunningServer
from serving.protocol.errors import ServingError, TokenError

TOKEN = "a-token-of-some-length"


@pytest.fixture
def address(start, base):
    return start(base, reload_token=TOKEN).address


def configured(base, name="renamed"):
    config = empty_config()
    add_model(config, name, str(base / "tiny"))
    return config


def test_a_server_serves_what_it_is_sent(address, base):
    with RunningServer(address, 30.0, token=TOKEN) as server:
        server.reload(configured(base))
        server.await_available("renamed", 1)


def test_without_the_token_nothing_changes(address, base):
    with RunningServer(address, 30.0) as server:
        with pytest.raises(TokenError):
            server.reload(configured(base))
        server.await_available("tiny", 1)


@pytest.mark.parametrize("variable", ["MEDTFX_RELOAD_TOKEN", "MEDTFX_SERVING_TOKEN"])
def test_a_token_of_the_environment(address, base, monkeypatch, variable):
    monkeypatch.setenv(variable, TOKEN)
    with RunningServer(address, 30.0) as server:
        server.reload(configured(base))


def test_a_reload_has_a_token_of_its_own(start, base, monkeypatch):
    other = "another-token-of-some-length"
    address = start(base, token=other, reload_token=TOKEN).address
    monkeypatch.setenv("MEDTFX_SERVING_TOKEN", other)
    with RunningServer(address, 30.0) as server, pytest.raises(TokenError):
        server.reload(configured(base))
    monkeypatch.setenv("MEDTFX_RELOAD_TOKEN", TOKEN)
    with RunningServer(address, 30.0) as server:
        server.reload(configured(base))
        server.await_available("renamed", 1)  # its status: who may reload may ask, too


def test_a_version_that_is_not_there_is_not_waited_for_long(address):
    with RunningServer(address, 0.5) as server, pytest.raises(ServingError, match="version 9"):
        server.await_available("tiny", 9)


def test_a_folder_that_is_not_served_is_refused(address, tmp_path):
    with (
        RunningServer(address, 30.0, token=TOKEN) as server,
        pytest.raises(ServingError, match=r"PERMISSION_DENIED.*below"),
    ):
        server.reload(configured(tmp_path))
