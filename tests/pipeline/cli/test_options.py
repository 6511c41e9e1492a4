"""The options of TLS, on each command that talks to a server, against a real one."""

import csv
import sys

import pytest

from components.runtime.environment import CLIENT_CERTIFICATE, CLIENT_KEY, ROOT_CERTIFICATES
from pipeline.cli import main as cli
from pipeline.cli.options import tls_of
from serving.embedded.server import EmbeddedServer, Settings
from serving.protocol.errors import ServingError
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
        grpc_port=0, rest_port=None, certificate=pair.certificate, key=pair.key, poll_seconds=0.1
    )
    with EmbeddedServer(home / "models", settings) as running:
        yield running.address


@pytest.fixture
def medtfx(monkeypatch, capsys, home, tmp_path):
    """Runs a command line in this process; returns exit code, output and errors."""
    monkeypatch.setenv("MEDTFX_HOME", str(home))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("GRPC_VERBOSITY", "NONE")
    monkeypatch.chdir(tmp_path)
    for variable in (ROOT_CERTIFICATES, CLIENT_CERTIFICATE, CLIENT_KEY):
        monkeypatch.delenv(variable.name, raising=False)

    def run(*line):
        monkeypatch.setattr(sys, "argv", ["medtfx", *map(str, line)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        written = capsys.readouterr()
        return stopped.value.code or 0, written.out, written.err

    return run


def test_every_command_that_asks_a_server(medtfx, home, server, authority, tmp_path):
    films, roots = home / "films", ("--root-certificates", authority.roots)
    code, out, _ = medtfx("predict", films / "dark.png", "--server", server, *roots)
    assert (code, "dark: " in out) == (0, True)
    assert medtfx("score", films, "--server", server, *roots)[0] == 0
    with open(tmp_path / "predicted.csv", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["dark"]
    for command in (("promote", "tiny", "1"), ("canary", "tiny", "2"), ("promote", "tiny", "2")):
        code, out, _ = medtfx(*command, "--server", server, *roots)
        assert (code, f"In force at {server}." in out) == (0, True)
    assert medtfx("rollback", "tiny", "--server", server, *roots)[0] == 0


def test_the_environment_names_the_files_for_all(medtfx, home, server, authority, monkeypatch):
    monkeypatch.setenv(ROOT_CERTIFICATES.name, str(authority.roots))
    assert medtfx("predict", home / "films" / "dark.png", "--server", server)[0] == 0
    code, _, err = medtfx("predict", home / "films" / "dark.png", "--server", server, "--no-tls")
    assert (code, "wants TLS, and was asked in plain text" in err) == (1, True)
    # What needs no server is not disturbed.
    monkeypatch.setenv(ROOT_CERTIFICATES.name, "/nowhere.pem")
    assert medtfx("score", home / "films", "--out", "here.csv")[0] == 0


@pytest.mark.parametrize("command", ["predict {film}", "score {films}", "canary tiny"])
def test_plain_text_to_a_server_with_tls_is_one_sentence(medtfx, home, server, command):
    words = command.format(films=home / "films", film=home / "films" / "dark.png").split()
    code, out, err = medtfx(*words, "--server", server, "--timeout", 5)
    assert (code, out) == (1, "")
    assert "wants TLS, and was asked in plain text. Say --tls, or --root-certificates FILE" in err
    assert err.count("Error: ") == 1


def test_public_authorities_do_not_know_ours(medtfx, home, server):
    code, _, err = medtfx("predict", home / "films" / "dark.png", "--server", server, "--tls")
    assert code == 1
    assert "is not trusted: unable to get local issuer certificate. Name the authority" in err


def test_which_options_mean_tls(authority):
    pair = authority.issue("10.0.0.1")
    assert tls_of(None, None, None, None) is None
    assert tls_of(False, authority.roots, None, None) is None
    assert tls_of(True, None, None, None).root_certificates is None
    assert tls_of(None, authority.roots, None, None).root_certificates == authority.roots
    assert tls_of(None, None, pair.certificate, pair.key).key == pair.key
    with pytest.raises(ServingError, match="no key"):
        tls_of(None, None, pair.certificate, None)
