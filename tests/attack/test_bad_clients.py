"""Clients that stall, flood and lie, against the REST port and the page."""

import http.client
import json
import socket
from contextlib import ExitStack, contextmanager

import pytest

from tests.attack.victims import TOKEN

FLOOD = 1_100
HALVES = [b"", b"POST /v1/mod", b"POST / HTTP/1.1\r\nHost: a\r\nX-", b"\x16\x03\x01"]
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(params=["server", "page"])
def victim(request):
    return request.getfixturevalue(request.param)


def ask(port, path="/healthz", method="GET", body=None, headers=AUTHORIZED):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def answers(victim):
    """Whether somebody else still gets a response."""
    path = "/healthz" if victim.grpc == "-" else "/v1/models/tiny"
    return ask(victim.port, path)[0] == 200


@contextmanager
def connections(port, sent, number):
    with ExitStack() as stack:
        for index in range(number):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), 60))
            line.sendall(sent[index % len(sent)])
        yield


def exchange(port, sent):
    """Sends bytes and returns all that comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), 60) as line:
        line.sendall(sent)
        received = b""
        while chunk := line.recv(65_536):
            received += chunk
    return received


def test_half_sent_headers_keep_nobody_out(victim):
    threads = victim.threads()
    with connections(victim.port, HALVES, FLOOD):
        assert answers(victim)
        assert victim.threads() - threads < 50
    assert answers(victim)


def test_slow_bodies_keep_nobody_out(victim):
    path = "/predictions" if victim.grpc == "-" else "/v1/models/tiny:predict"
    begun = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n"
    )
    with connections(victim.port, [begun.encode()], 100):
        assert answers(victim)


def test_two_lengths_are_one_refusal(victim):
    sent = (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    )
    received = exchange(victim.port, sent)
    assert received.startswith(b"HTTP/1.1 400") and received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n X: folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
        b"\x00" * 100_000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_hardly_http(victim, sent):
    logged = len(victim.log())
    try:
        received = exchange(victim.port, sent)
    except OSError:  # it hung up while we were still sending
        received = b""
    assert received == b"" or received.split(b" ")[1][:1] in (b"4", b"5")
    assert len(victim.log()) - logged < 1000
    assert answers(victim)


def test_a_get_with_a_body_is_one_request(victim):
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    head = (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    ) % len(smuggled)
    assert exchange(victim.port, head + smuggled).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("digits", [20, 5_000])
def test_numbers_of_many_digits(server, page, digits):
    number = "9" * digits
    assert ask(page.port, f"/samples/{number}", "POST")[0] == 404
    assert ask(page.port, f"/samples/{number}/thumbnail")[0] == 404
    assert ask(server.port, f"/v1/models/tiny/versions/{number}")[0] == 400
    body = f'{{"signature_name": "double", "instances": [{number}]}}'
    status, text = ask(server.port, "/v1/models/tiny:predict", "POST", body)
    assert status in (200, 400) and json.loads(text)


@pytest.mark.parametrize(
    "body",
    [
        '{"instances": ' + "[" * 600 + "]" * 600 + "}",
        '{"instances": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"signature_name": "double", "instances": [' + ",".join("0" * 1_200_000) + "]}",
        '{"signature_name": "double", "instances": ' + "[" * 600 + "1" + "]" * 600 + "}",
        '{"signature_name": "double", "instances": [1e999, NaN]}',
        '{"signature_name": "double", "instances": [true, null, {}]}',
        '{"instances": [' + '{"b64": "AAAA"},' * 300_000 + '"x"]}',
        '{"instances": "\\ud800"}',
    ],
)
def test_json_that_grows(server, body):
    before = server.peak()
    status, _ = ask(server.port, "/v1/models/tiny:predict", "POST", body)
    assert status in (200, 400)
    assert server.peak() - before < 600 * 2**20
    assert answers(server)
