import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.embedded.models.model import LoadedModel
from serving.embedded.models.warmup import WARMUP_FILE, warm_up
from serving.embedded.status_error import StatusError


@pytest.fixture
def model(tiny_model):
    loaded = LoadedModel("tiny", 1, tiny_model, max_rows=0)
    yield loaded
    loaded.close()


def write(folder, *logs):
    file = folder / WARMUP_FILE
    file.parent.mkdir()
    with tf.io.TFRecordWriter(str(file)) as writer:
        for log in logs:
            writer.write(log.SerializeToString())
    return file


def log_of(request):
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.ParseFromString(request.SerializeToString())
    return log


def test_requests_are_replayed(model, tmp_path, tools, dark):
    log = log_of(tools.request(dark))
    write(tmp_path, log, log_of(tools.request(dark, signature="explain")), log)
    assert warm_up(model, tmp_path) == 3


def test_no_file_is_no_warm_up(model, tmp_path):
    assert warm_up(model, tmp_path) == 0


def test_a_request_that_fails(model, tmp_path, tools):
    write(tmp_path, log_of(tools.request(b"junk")))
    with pytest.raises(StatusError, match="Unknown image file format"):
        warm_up(model, tmp_path)


def test_another_kind_of_log(model, tmp_path):
    log = prediction_log_pb2.PredictionLog()
    log.classify_log.SetInParent()
    write(tmp_path, log)
    with pytest.raises(StatusError, match="Unsupported log_type for warmup: classify_log"):
        warm_up(model, tmp_path)


def test_too_many(model, tmp_path, tools, dark, monkeypatch):
    monkeypatch.setattr("serving.embedded.models.warmup._MAX_REQUESTS", 2)
    write(tmp_path, *[log_of(tools.request(dark))] * 3)
    with pytest.raises(StatusError, match=r"exceeds the maximum \(2\)"):
        warm_up(model, tmp_path)


@pytest.mark.parametrize("content", [b"not a record file", b""])
def test_a_file_of_something_else(model, tmp_path, content):
    write(tmp_path).write_bytes(content)
    if not content:
        assert warm_up(model, tmp_path) == 0
        return
    with pytest.raises(StatusError, match="Failed to read warmup data"):
        warm_up(model, tmp_path)


def test_records_of_something_else(model, tmp_path):
    with tf.io.TFRecordWriter(str(write(tmp_path))) as writer:
        writer.write(b"\xff\xff")
    with pytest.raises(StatusError, match="Failed to read warmup data"):
        warm_up(model, tmp_path)
