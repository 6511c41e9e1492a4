"""Every way in which TLS keeps a client and a real gRPC server apart, in words."""

import contextlib
import socket
from concurrent import futures

import grpc
import pytest

from serving.protocol.tls import Tls
from serving.protocol.tls_diagnosis import tls_trouble
from tests.serving.certificates import Authority


@contextlib.contextmanager
def listening(pair=None, clients=None):
    """A gRPC server without services; yields its port. With `clients`, it asks who calls."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    if pair is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        keys = [(pair.key.read_bytes(), pair.certificate.read_bytes())]
        roots = clients and clients.read_bytes()
        credentials = grpc.ssl_server_credentials(keys, roots, roots is not None)
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    yield port
    server.stop(None).wait()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that nobody named."""
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


def test_nothing_is_wrong_with_tls(authority):
    with listening(authority.issue()) as port:
        assert tls_trouble(f"127.0.0.1:{port}", Tls(authority.roots)) is None
    with listening() as port:
        assert tls_trouble(f"127.0.0.1:{port}", None) is None


def test_one_end_encrypts(authority):
    with listening(authority.issue()) as port:
        said = tls_trouble(f"127.0.0.1:{port}", None)
        assert "requires TLS, but the client used plain text. Pass --tls, or --root-cert" in said
    with listening() as port:
        said = tls_trouble(f"127.0.0.1:{port}", Tls(authority.roots))
        assert "speaks plain text, but the client used TLS" in said


@pytest.mark.parametrize(
    ("host", "hours", "trusted", "words"),
    [
        ("127.0.0.1", 1, "stranger", "Name the authority that signed it with --root-certificates"),
        ("127.0.0.1", 1, "public", "Name the authority that signed it with --root-certificates"),
        ("localhost", 1, "authority", "Hostname mismatch, certificate is not valid for 'local"),
        ("127.0.0.1", -1, "authority", "certificate has expired. Renew it"),
    ],
)
def test_a_certificate_that_is_not_trusted(authority, stranger, host, hours, trusted, words):
    roots = {"authority": authority.roots, "stranger": stranger.roots, "public": None}[trusted]
    with listening(authority.issue(hours=hours)) as port:
        said = tls_trouble(f"{host}:{port}", Tls(roots))
    assert said.startswith(f"The certificate of the model server at {host}:{port} is not trusted")
    assert words in said


def test_a_server_that_asks_who_calls(authority, stranger):
    known, unknown = authority.issue("10.0.0.1"), stranger.issue("10.0.0.1")
    with listening(authority.issue(), authority.roots) as port:
        address = f"127.0.0.1:{port}"
        assert "no certificate was shown. Pass one" in tls_trouble(address, Tls(authority.roots))
        shown = Tls(authority.roots, unknown.certificate, unknown.key)
        assert f"trusts, and not {unknown.certificate}" in tls_trouble(address, shown)
        shown = Tls(authority.roots, known.certificate, known.key)
        assert tls_trouble(address, shown) is None


def test_nobody_is_there(authority):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert tls_trouble(f"127.0.0.1:{port}", Tls(authority.roots)) is None
    assert tls_trouble(f"127.0.0.1:{port}", None) is None
