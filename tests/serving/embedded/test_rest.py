"""What the embedded server adds to the protocol; tests/serving/contract has the protocol itself."""

import http.client
import json
import re
import threading
import time

import pytest

PREDICT = "/v1/models/tiny:predict"


@pytest.fixture
def connection(server):
    opened = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=10)
    yield opened
    opened.close()


@pytest.mark.parametrize(("headers", "status"), [({}, 400), ({"Content-Length": str(2**40)}, 429)])
def test_body_without_or_beyond_its_length(connection, headers, status):
    connection.putrequest("POST", PREDICT)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == status
    assert response.headers["Connection"] == "close"


def test_a_body_that_is_too_large_is_refused_though_it_is_still_being_sent(connection, start, base):
    port = start(base, max_message=1000).rest_port
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    opened.request("POST", PREDICT, " " * 20_000_000)  # more than the system takes on our behalf
    assert opened.getresponse().status == 429
    opened.close()


@pytest.fixture
def connect():
    """Opens connections to a port; `ask` sends a request on one and reads its answer."""
    opened = []

    def open_one(port):
        opened.append(http.client.HTTPConnection("127.0.0.1", port, timeout=10))
        opened[-1].connect()
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def ask(connection, path="/v1/models/tiny", body=None):
    connection.request("GET" if body is None else "POST", path, body)
    response = connection.getresponse()
    return response.status, response.headers, response.read().decode()


def test_connections_beyond_the_bound_are_told_so(start, base, connect, tools):
    port = start(base, connections=2).rest_port
    first, second = connect(port), connect(port)
    assert [ask(first)[0], ask(second)[0]] == [200, 200]
    for body in (None, " " * 20_000_000):
        status, headers, text = ask(connect(port), PREDICT if body else "/v1/models/tiny", body)
        assert (status, headers["Retry-After"], headers["Connection"]) == (503, "1", "close")
        assert json.loads(text)["error"].startswith("2 connections are open, and more are not")
    assert ask(connect(port), "/monitoring/prometheus/metrics")[0] == 200
    assert ask(first)[0] == 200  # who was there before notices nothing
    second.close()
    tools.eventually(lambda: ask(connect(port))[0] == 200)


def test_a_flood_of_connections_takes_few_threads(start, base, connect):
    port = start(base, connections=2).rest_port
    before = threading.active_count()
    flood = [connect(port) for _ in range(60)]
    assert ask(flood[0])[0] == 200
    assert threading.active_count() - before <= 2 + 16
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        ask(flood[-1])


def test_what_is_not_offered(connection):
    connection.request("POST", "/v1/models/tiny:classify", "{}")
    response = connection.getresponse()
    assert response.status == 400
    assert json.load(response)["error"] == "Malformed request: POST /v1/models/tiny:classify"


def test_no_delay_of_packets(connection):
    times = []
    for _ in range(10):
        start = time.perf_counter()
        connection.request("POST", PREDICT, '{"signature_name": "double", "instances": [1]}')
        assert json.load(connection.getresponse()) == {"predictions": [2.0]}
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03  # Nagle's algorithm makes it 0.04 at least


def test_names_from_outside_do_not_fill_the_metrics(server, stubs, tools, dark, connection):
    stub = stubs(server.address).predictions
    for number in range(3):
        call = stub.Predict.future(tools.request(dark, model=f"made-up-{number}"), timeout=10)
        assert call.code().name == "NOT_FOUND"
    connection.request("GET", "/monitoring/prometheus/metrics")
    text = connection.getresponse().read().decode()
    assert "made-up" not in text
    (count,) = re.findall(
        r':tensorflow:serving:request_count{model_name="unknown",status="NOT_FOUND"} (\d+)', text
    )
    assert int(count) >= 3
