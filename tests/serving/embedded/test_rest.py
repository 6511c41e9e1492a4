import base64
import http.client
import json
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def ask(server):
    """Sends a request and returns status and content, on one connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=10)

    def send(method, path, body=None, **headers):
        body = json.dumps(body) if isinstance(body, dict) else body
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        is_json = response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(text) if is_json else text

    yield send
    connection.close()


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


PREDICT = "/v1/models/tiny:predict"


# === Predict ===


def test_predict_by_row(ask, dark, bright):
    status, found = ask("POST", PREDICT, {"instances": [b64(dark), {"b64": b64(bright)["b64"]}]})
    assert status == 200
    first, second = found["predictions"]
    assert (first["label"], second["label"]) == ("dark", "bright")
    assert first["probabilities"] == pytest.approx([0.8, 0.2])
    assert first["labels"] == ["dark", "bright"] and first["uncertain"] is False


def test_predict_by_column(ask, dark):
    status, found = ask("POST", PREDICT, {"inputs": {"image_bytes": [b64(dark)]}})
    assert (status, found["outputs"]["label"]) == (200, ["dark"])


def test_another_signature(ask, dark):
    body = {"signature_name": "double", "instances": [1.5, 2]}
    assert ask("POST", PREDICT, body) == (200, {"predictions": [3.0, 4.0]})
    status, found = ask("POST", PREDICT, {"signature_name": "explain", "instances": [b64(dark)]})
    assert (status, len(found["predictions"][0]["heatmap"])) == (200, 4)


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/v1/models/x:predict", 404, "Servable not found for request: Latest(x)"),
        ("/v1/models/tiny/versions/9:predict", 404, "request: Specific(tiny, 9)"),
        ("/v1/models/tiny/labels/a:predict", 400, "Unrecognized servable version label: a"),
        ("/v1/models/tiny/versions/99999999999999999999:predict", 400, "to numeric"),
        ("/v1/models/tiny:classify", 400, "Malformed request: POST /v1/models/tiny:classify"),
        ("/", 400, "Malformed request: POST /"),
    ],
)
def test_predict_what_is_not_there(ask, dark, path, status, text):
    found = ask("POST", path, {"instances": [b64(dark)]})
    assert found[0] == status and text in found[1]["error"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{", "JSON Parse error"),
        ({}, "Missing 'inputs' or 'instances' key"),
        ({"instances": [b64(b"junk")]}, "Unknown image file format"),
        ({"signature_name": "x", "instances": [1]}, "not found in signature def"),
    ],
)
def test_predict_what_is_wrong(ask, body, text):
    status, found = ask("POST", PREDICT, body)
    assert status == 400 and text in found["error"]


def test_named_version_and_any_case(ask, dark):
    status, _ = ask("POST", "/V1/Models/tiny/versions/2:predict", {"instances": [b64(dark)]})
    assert status == 200


def test_body_without_or_beyond_its_length(server):
    for headers, status in [({}, 400), ({"Content-Length": str(2**40)}, 429)]:
        connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=10)
        connection.putrequest("POST", PREDICT)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        assert response.status == status
        assert response.headers["Connection"] == "close"
        connection.close()


def test_large_body(ask, tools):
    image = tools.png(204) + b"\0" * 5_000_000
    status, found = ask("POST", PREDICT, {"instances": [b64(image)]})
    assert (status, found["predictions"][0]["label"]) == (200, "bright")


def test_no_delay_of_packets(ask):
    body = {"signature_name": "double", "instances": [1]}
    ask("POST", PREDICT, body)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        ask("POST", PREDICT, body)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03  # Nagle's algorithm makes it 0.04 at least


# === Status and metadata ===


def test_status(ask):
    status, found = ask("GET", "/v1/models/tiny")
    assert status == 200
    assert found == {
        "model_version_status": [
            {
                "version": "2",
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }
    assert ask("GET", "/v1/models/tiny/versions/2") == (status, found)


def test_status_of_what_is_not_there(ask):
    assert ask("GET", "/v1/models/x") == (
        404,
        {"error": "Could not find any versions of model x"},
    )
    assert ask("GET", "/v1/models/tiny/versions/8")[0] == 404
    assert ask("GET", "/v2")[0] == 400


def test_metadata(ask):
    status, found = ask("GET", "/v1/models/tiny/metadata")
    assert status == 200
    assert found["model_spec"]["name"] == "tiny" and found["model_spec"]["version"] == "2"
    signatures = found["metadata"]["signature_def"]["signature_def"]
    assert signatures["serving_default"]["inputs"]["image_bytes"]["dtype"] == "DT_STRING"


# === Metrics ===


def metric(text, name, **labels):
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.removesuffix("_total") == name and sample.labels == labels:
                return sample.value
    return 0


def test_metrics(ask):
    path, name = "/monitoring/prometheus/metrics", ":tensorflow:serving:request_count"
    before = ask("GET", path)[1]
    for body in ({"signature_name": "double", "instances": [1]}, {"instances": [b64(b"junk")]}):
        ask("POST", PREDICT, body)
    status, after = ask("GET", path)
    assert status == 200

    def grown(name, **labels):
        return metric(after, name, **labels) - metric(before, name, **labels)

    assert grown(name, model_name="tiny", status="OK") == 1
    assert grown(name, model_name="tiny", status="INVALID_ARGUMENT") == 1
    latency = ":tensorflow:serving:request_latency_count"
    assert grown(latency, model_name="tiny", API="Predict", entrypoint="REST") == 2


def test_names_from_outside_do_not_fill_the_metrics(server, stubs, tools, dark, ask):
    stub = stubs(server.address).predictions
    for number in range(3):
        call = stub.Predict.future(tools.request(dark, model=f"made-up-{number}"), timeout=10)
        assert call.code().name == "NOT_FOUND"
    text = ask("GET", "/monitoring/prometheus/metrics")[1]
    assert "made-up" not in text
    name = ":tensorflow:serving:request_count"
    assert metric(text, name, model_name="unknown", status="NOT_FOUND") >= 3
