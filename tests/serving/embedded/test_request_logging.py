import hashlib
import json
import threading

import numpy as np
import pytest

from components.saved_model.embedding import from_stored, from_text
from serving.client import Client
from serving.embedded.request_logging import RequestLogging
from tests.serving.conftest import eventually
from tests.serving.tiny_model import save_tiny_model


@pytest.fixture
def logging_server(start, base, tmp_path):
    return start(base, request_log=tmp_path / "log")


def lines(folder, count=0):
    """Returns the lines of a log, once they are so many: the server writes them by the way."""

    def found():
        return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.open()]

    return eventually(lambda: len(found()) >= count and (found() or [None])) if count else found()


def test_each_prediction_is_a_line_with_what_a_server_knows(logging_server, dark, bright, tmp_path):
    with Client(logging_server.address, "tiny") as client:
        client.predict([dark, bright])
        client.predict([dark], explain=True)
    first, second, explained = lines(tmp_path / "log", 3)
    assert first["image"] == explained["image"] == hashlib.sha256(dark).hexdigest()
    assert (first["model"], first["version"], first["label"]) == ("tiny", 1, "dark")
    assert second["probabilities"]["bright"] == pytest.approx(0.8, abs=1e-6)
    assert first["format"] is first["mean"] is None and first["latency_ms"] > 0
    assert first["out_of_distribution_score"] == pytest.approx(-60, abs=1e-3)
    embedding = from_stored([from_text(first["embedding"])])[0]
    np.testing.assert_allclose(embedding, 8 * 51.0, rtol=1e-3)


def test_callers_get_what_they_would_get_without_a_log(
    server, logging_server, dark, tools, stubs, tmp_path
):
    answers = [
        stubs(one.address).predictions.Predict(tools.request(dark))
        for one in (server, logging_server)
    ]
    assert set(answers[0].outputs) == set(answers[1].outputs)
    assert answers[1].model_spec.signature_name == "serving_default"
    assert len(lines(tmp_path / "log", 1)) == 1


def test_what_is_no_prediction_is_not_logged(logging_server, dark, tmp_path):
    with Client(logging_server.address, "tiny") as client:
        assert not client.predict([b"junk"])[0].ok
        client.metadata()
        client.predict([dark])
    (line,) = lines(tmp_path / "log", 1)
    assert line["label"] == "dark"


def test_a_model_that_is_not_medtfxs_does_not_stop_the_log(tmp_path, caplog):
    log = RequestLogging(tmp_path / "log")
    images = {"image_bytes": np.array([b"a"], object)}
    good = {
        "probabilities": np.array([[0.25, 0.75]], np.float32),
        "label": np.array([b"b"], object),
        "labels": np.array([[b"a", b"b"]], object),
        "uncertain": np.array([False]),
    }
    log.add("strange", 1, images, {**good, "label": np.zeros((0,))}, 0.01)
    log.add("tiny", 1, images, good, 0.01)
    log.close()
    (line,) = lines(tmp_path / "log")
    assert line["model"] == "tiny" and "strange is missing" in caplog.text


def test_a_version_without_embeddings_is_served_and_logged(start, tmp_path, dark):
    save_tiny_model(tmp_path / "models" / "tiny" / "1", embeds=False)
    server = start(tmp_path / "models", request_log=tmp_path / "log")
    with Client(server.address, "tiny") as client:
        assert client.predict([dark])[0].label == "dark"
    (line,) = lines(tmp_path / "log", 1)
    assert line["embedding"] is line["out_of_distribution_score"] is None


def test_many_callers_lose_no_line(logging_server, dark, tmp_path):
    def ask():
        with Client(logging_server.address, "tiny") as client:
            for _ in range(10):
                client.predict([dark])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path / "log", 80)) == 80


def test_a_server_that_stops_uploads_its_part(start, base, dark, s3):
    s3.create_bucket(Bucket="served")
    server = start(base, request_log="s3://served/log")
    with Client(server.address, "tiny") as client:
        client.predict([dark])
    assert s3.list_objects_v2(Bucket="served")["KeyCount"] == 0
    server.stop()
    assert s3.list_objects_v2(Bucket="served")["KeyCount"] == 1
