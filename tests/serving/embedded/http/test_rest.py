"""What the embedded server adds to the protocol; tests/serving/contract has the protocol itself."""

import http.client
import json
import re
import socket

import pytest

from serving.embedded.http.rest import Limits, RestServer
from serving.embedded.image_bounds import ImageBounds
from serving.protocol.byte_budget import ByteBudget

PREDICT = "/v1/models/tiny:predict"
SLOW = '{"signature_name": "slow", "inputs": 3000}'
TOKEN = "a-token-of-some-length"


@pytest.fixture
def connect():
    """Opens connections to a port; `ask` sends a request on one and reads its response."""
    opened = []

    def open_one(port):
        opened.append(http.client.HTTPConnection("127.0.0.1", port, timeout=30))
        opened[-1].connect()
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def connection(server, connect):
    return connect(server.rest_port)


def ask(connection, path="/v1/models/tiny", body=None, headers=None):
    connection.request("GET" if body is None else "POST", path, body, headers or {})
    response = connection.getresponse()
    return response.status, response.headers, response.read().decode()


@pytest.mark.parametrize(("headers", "status"), [({}, 400), ({"Content-Length": str(2**40)}, 429)])
def test_a_body_without_or_beyond_its_length(connection, headers, status):
    connection.putrequest("POST", PREDICT)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == status


def test_a_body_in_chunks(connection):
    connection.request("POST", PREDICT, iter([b'{"signature_name": "double",', b'"inputs": [2]}']))
    assert json.load(connection.getresponse()) == {"outputs": [4.0]}


def test_a_body_that_is_too_large_is_refused_though_it_is_still_being_sent(connect, start, base):
    connection = connect(start(base, max_message=1000).rest_port)
    # More than the system takes on our behalf, and without a length that would give it away.
    for body in (b" " * 20_000_000, iter([b" " * 1_000_000] * 20)):
        status, _, text = ask(connection, PREDICT, body)
        assert status == 429 and "at most 1000 bytes" in json.loads(text)["error"]


def test_one_connection_too_many_closes_the_one_that_was_idle_the_longest(start, base, connect):
    port = start(base, connections=2).rest_port
    first, second = connect(port), connect(port)
    assert [ask(first)[0], ask(second)[0]] == [200, 200]
    assert ask(connect(port))[0] == 200
    assert ask(second)[0] == 200
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        ask(first)


def test_where_all_connections_are_at_work_one_more_gets_503(start, base, connect, tools):
    server = start(base, connections=2)
    first, second = connect(server.rest_port), connect(server.rest_port)
    for one in (first, second):
        one.request("POST", PREDICT, SLOW)
    tools.eventually(lambda: server.manager.versions("tiny")[1]._acquired == 2)
    status, headers, _ = ask(connect(server.rest_port))
    assert (status, headers["Connection"]) == (503, "close")
    assert [one.getresponse().status for one in (first, second)] == [200, 200]


@pytest.fixture
def rest(server):
    """Starts a REST port of its own on the handlers of a server, with other limits."""
    started = []

    def begin(pending=20_000, **changes):
        usual = {"body": 10_000, "connections": 8, "threads": 2}
        limits = Limits(**usual | changes)
        port = server._rest
        budget = ByteBudget(pending)
        made = RestServer(port._handlers, port._access, budget, "127.0.0.1", 0, limits)
        made.start()
        started.append(made)
        return made

    yield begin
    for one in started:
        one.stop(0)


@pytest.mark.parametrize("sent", [b"", b"GET /v1/mod", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_half_a_header_is_not_waited_for(rest, sent):
    with socket.create_connection(("127.0.0.1", rest(header_seconds=0.2).port), 30) as half:
        half.sendall(sent)
        assert half.recv(100) == b""


def test_half_a_body_is_not_waited_for(rest, connect):
    connection = connect(rest(body_seconds=0.2).port)
    connection.putrequest("POST", PREDICT)
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"{")
    assert connection.getresponse().status == 408


def test_bodies_in_memory_have_a_bound_together(rest, connect, tools):
    port = rest(pending=5_000).port
    begun = connect(port)
    begun.putrequest("POST", PREDICT)
    begun.putheader("Content-Length", "9000")
    begun.endheaders(b" " * 4_000)

    def refused():
        status, headers, _ = ask(connect(port), PREDICT, b" " * 4_000)
        return (status, headers["Retry-After"]) == (503, "1")

    tools.eventually(refused)
    begun.send(b" " * 5_000)
    assert begun.getresponse().status == 503  # it was the one that went beyond


def test_while_it_drains_new_requests_get_503(rest, connect):
    port = rest()
    connection = connect(port.port)
    assert ask(connection)[0] == 200
    port.drain()
    for body in (None, SLOW):
        status, headers, text = ask(connection, PREDICT if body else "/v1/models/tiny", body)
        assert (status, headers["Retry-After"]) == (503, "1")
        assert json.loads(text) == {"error": "the server is shutting down"}


def test_with_a_token_nothing_is_said_without_it(start, base, connect):
    port = start(base, token=TOKEN).rest_port
    right = {"Authorization": f"Bearer {TOKEN}"}
    for path, body in (
        ("/v1/models/tiny", None), ("/v1/models/tiny/metadata", None), (PREDICT, SLOW),
        ("/monitoring/prometheus/metrics", None),
    ):  # fmt: skip
        for wrong in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
            status, headers, text = ask(connect(port), path, body, wrong)
            assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
            assert TOKEN not in text
        assert ask(connect(port), path, body, right)[0] == 200


def test_images_are_bounded_before_they_are_decoded(start, base, connect, tools):
    from base64 import b64encode

    port = start(base, images=ImageBounds(images=2, pixels=600)).rest_port
    small, large = ({"b64": b64encode(tools.png(9, side)).decode()} for side in (16, 18))
    for images, status, says in (
        ([small] * 2, 200, "predictions"),
        ([small] * 3, 400, "at most 2 images, not 3"),
        ([large] * 2, 400, "at most 600 pixels together to decode, not 648"),
    ):
        found = ask(connect(port), PREDICT, json.dumps({"instances": images}))
        assert found[0] == status and says in found[2]


def test_what_is_not_offered(connection):
    status, _, text = ask(connection, "/v1/models/tiny:classify", "{}")
    assert status == 400
    assert json.loads(text)["error"] == "Malformed request: POST /v1/models/tiny:classify"


def test_a_version_of_many_digits(connection):
    status, _, text = ask(connection, f"/v1/models/tiny/versions/{'9' * 5_000}")
    assert status == 400 and "Failed to convert version: 9999" in json.loads(text)["error"]


def test_names_from_outside_do_not_fill_the_metrics(server, stubs, tools, dark, connection):
    stub = stubs(server.address).predictions
    for number in range(3):
        call = stub.Predict.future(tools.request(dark, model=f"made-up-{number}"), timeout=10)
        assert call.code().name == "NOT_FOUND"
    text = ask(connection, "/monitoring/prometheus/metrics")[2]
    assert "made-up" not in text
    (count,) = re.findall(
        r':tensorflow:serving:request_count{model_name="unknown",status="NOT_FOUND"} (\d+)', text
    )
    assert int(count) >= 3
