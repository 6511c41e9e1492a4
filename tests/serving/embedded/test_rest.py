"""What the embedded server adds to the protocol; tests/serving/contract has the protocol itself."""

import http.client
import json
import re
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
