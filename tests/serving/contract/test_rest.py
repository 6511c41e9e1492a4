import base64

import pytest
from prometheus_client.parser import text_string_to_metric_families

PREDICT = "/v1/models/tiny:predict"


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


# === Predict ===


def test_predict_by_row(ask, dark, bright):
    status, found = ask("POST", PREDICT, {"instances": [b64(dark), {"b64": b64(bright)["b64"]}]})
    assert status == 200
    first, second = found["predictions"]
    assert (first["label"], second["label"]) == ("dark", "bright")
    assert first["probabilities"] == pytest.approx([0.8, 0.2])
    assert first["labels"] == ["dark", "bright"] and first["uncertain"] is False
    assert ask("POST", PREDICT, {"instances": [{"image_bytes": b64(dark)}]})[1]["predictions"] == [
        first
    ]


def test_predict_by_column(ask, dark):
    status, found = ask("POST", PREDICT, {"inputs": {"image_bytes": [b64(dark)]}})
    assert (status, found["outputs"]["label"]) == (200, ["dark"])
    assert ask("POST", PREDICT, {"inputs": [b64(dark)]}) == (status, found)


def test_another_signature(ask, dark):
    body = {"signature_name": "double", "instances": [1.5, 2]}
    assert ask("POST", PREDICT, body) == (200, {"predictions": [3.0, 4.0]})
    body = {"signature_name": "double", "inputs": [1.5, 2]}
    assert ask("POST", PREDICT, body) == (200, {"outputs": [3.0, 4.0]})
    status, found = ask("POST", PREDICT, {"signature_name": "explain", "instances": [b64(dark)]})
    assert (status, len(found["predictions"][0]["heatmap"])) == (200, 4)


@pytest.mark.parametrize("path", ["versions/1", "labels/stable", "versions/2"])
def test_version_and_label(ask, dark, path):
    status, _ = ask("POST", f"/v1/models/tiny/{path}:predict", {"instances": [b64(dark)]})
    assert status == 200


def test_any_case(ask, dark):
    assert ask("POST", "/V1/Models/tiny:predict", {"instances": [b64(dark)]})[0] == 200


def test_large_body(ask, bright):
    status, found = ask("POST", PREDICT, {"instances": [b64(bright + bytes(5_000_000))]})
    assert (status, found["predictions"][0]["label"]) == (200, "bright")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/v1/models/x:predict", 404, "Servable not found for request: Latest(x)"),
        ("/v1/models/tiny/versions/9:predict", 404, "request: Specific(tiny, 9)"),
        ("/v1/models/tiny/labels/a:predict", 400, "Unrecognized servable version label: a"),
        ("/v1/models/tiny/versions/99999999999999999999:predict", 400, "to numeric"),
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
        ({"instances": [{"b64": "%"}]}, "Unable to base64 decode"),
        ({"instances": []}, ""),
        ({"instances": [{"other": "x"}]}, ""),
    ],
)
def test_predict_what_is_wrong(ask, body, text):
    status, found = ask("POST", PREDICT, body)
    assert status == 400 and text in found["error"]


# === About the model ===


def test_status(ask):
    status, found = ask("GET", "/v1/models/tiny/versions/2")
    assert status == 200
    available = {
        "version": "2",
        "state": "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    assert found == {"model_version_status": [available]}
    status, found = ask("GET", "/v1/models/tiny")
    assert found == {"model_version_status": [available, available | {"version": "1"}]}
    assert ask("GET", "/v1/models/tiny/labels/stable")[0] == 200


def test_status_of_what_is_not_there(ask):
    assert ask("GET", "/v1/models/x") == (404, {"error": "Could not find any versions of model x"})
    assert ask("GET", "/v1/models/tiny/versions/8")[0] == 404
    assert ask("GET", "/v2")[0] == 400


def test_metadata(ask):
    status, found = ask("GET", "/v1/models/tiny/metadata")
    assert status == 200
    assert found["model_spec"]["name"] == "tiny" and found["model_spec"]["version"] == "2"
    signatures = found["metadata"]["signature_def"]["signature_def"]
    assert signatures["serving_default"]["inputs"]["image_bytes"]["dtype"] == "DT_STRING"
    status, found = ask("GET", "/v1/models/tiny/versions/1/metadata")
    assert (status, found["model_spec"]["version"]) == (200, "1")


# === Metrics ===


def test_requests_are_counted(ask):
    path, name = "/monitoring/prometheus/metrics", ":tensorflow:serving:request_count"

    def read():
        status, text = ask("GET", path)
        assert status == 200
        return {
            (sample.name.removesuffix("_total"), *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    ask("POST", PREDICT, {"signature_name": "double", "instances": [1]})
    before = read()
    for body in ({"signature_name": "double", "instances": [1]}, {"instances": [b64(b"junk")]}):
        ask("POST", PREDICT, body)
    after = read()
    assert after[name, "OK", "tiny"] - before[name, "OK", "tiny"] == 1
    refused = (name, "INVALID_ARGUMENT", "tiny")
    assert after[refused] - before.get(refused, 0) == 1
    latency = (":tensorflow:serving:request_latency_count", "Predict", "REST", "tiny")
    assert after[latency] - before[latency] == 2
