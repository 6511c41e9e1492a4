"""The options of TLS, on each command that talks to a server, against a real one."""

import csv

import pytest

from components.runtime.environment import CLIENT_CERTIFICATE, CLIENT_KEY, ROOT_CERTIFICATES
from pipeline.cli.options import TlsOptions
from serving.embedded.server import EmbeddedServer, Settings
from serving.protocol.errors import ServingError
from serving.protocol.tls import Tls
from serving.protocol.token import reload_token
from tests.command_line import assert_one_message, medtfx
from tests.serving.certificates import Authority
from tests.serving.tiny_model import png, save_tiny_model


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the pushed versions tiny/1 and tiny/2, and an image, dark.png."""
    home = tmp_path_factory.mktemp("home")
    for version in ("1", "2"):
        save_tiny_model(home / "models" / "tiny" / version)
    (home / "films").mkdir()
    (home / "films" / "dark.png").write_bytes(png(51))
    return home


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(home, authority):
    pair = authority.issue()
    settings = Settings(
        grpc_port=0,
        rest_port=None,
        certificate=pair.certificate,
        key=pair.key,
        poll_seconds=0.1,
        reload_token=reload_token(home / "models"),
    )
    with EmbeddedServer(home / "models", settings) as running:
        yield running.address


@pytest.fixture(autouse=True)
def environment(monkeypatch, home, tmp_path):
    """The home in the environment, no TLS in it, and a working folder of its own."""
    monkeypatch.setenv("MEDTFX_HOME", str(home))
    monkeypatch.setenv("GRPC_VERBOSITY", "NONE")
    monkeypatch.chdir(tmp_path)
    for name in map(str, (ROOT_CERTIFICATES, CLIENT_CERTIFICATE, CLIENT_KEY)):
        monkeypatch.delenv(name, raising=False)


def test_every_command_that_asks_a_server(home, server, authority, tmp_path):
    films, roots = home / "films", ("--root-certificates", authority.roots)
    code, out, _ = medtfx("predict", films / "dark.png", "--server", server, *roots)
    assert (code, "dark: " in out) == (0, True)
    assert medtfx("score", films, "--server", server, *roots)[0] == 0
    with open(tmp_path / "predicted.csv", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["dark"]
    for command in (("promote", "tiny", "1"), ("canary", "tiny", "2"), ("promote", "tiny", "2")):
        code, out, _ = medtfx(*command, "--server", server, *roots)
        assert (code, f"Applied at {server}." in out) == (0, True)
    assert medtfx("rollback", "tiny", "--server", server, *roots)[0] == 0


def test_the_environment_names_the_files_for_all(home, server, authority, monkeypatch):
    monkeypatch.setenv(ROOT_CERTIFICATES.name, str(authority.roots))
    assert medtfx("predict", home / "films" / "dark.png", "--server", server)[0] == 0
    code, _, err = medtfx("predict", home / "films" / "dark.png", "--server", server, "--no-tls")
    assert (code, "--root-certificates FILE" in err) == (1, True)
    # What needs no server is not disturbed.
    monkeypatch.setenv(ROOT_CERTIFICATES.name, "/nowhere.pem")
    assert medtfx("score", home / "films", "--out", "here.csv")[0] == 0


@pytest.mark.parametrize("command", ["predict {film}", "score {films}", "canary tiny"])
def test_plain_text_to_a_server_with_tls_is_one_sentence(home, server, command):
    words = command.format(films=home / "films", film=home / "films" / "dark.png").split()
    result = medtfx(*words, "--server", server, "--timeout", 5)
    assert_one_message(result, "--tls", "--root-certificates FILE")


def test_public_authorities_do_not_know_ours(home, server):
    result = medtfx("predict", home / "films" / "dark.png", "--server", server, "--tls")
    assert_one_message(result, "unable to get local issuer certificate")


def test_which_options_mean_tls(authority):
    pair, roots = authority.issue("10.0.0.1"), authority.roots
    assert TlsOptions().encryption() is None
    assert TlsOptions(tls=False, root_certificates=roots).encryption() is None
    assert TlsOptions(tls=True).encryption() == Tls(None, None, None)
    assert TlsOptions(root_certificates=roots).encryption() == Tls(roots, None, None)
    mutual = TlsOptions(client_certificate=pair.certificate, client_key=pair.key)
    assert mutual.encryption() == Tls(None, pair.certificate, pair.key)
    with pytest.raises(ServingError, match="no key"):
        TlsOptions(client_certificate=pair.certificate).encryption()
