import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from components.imaging.quarantine import Quarantined
from pipeline.bulk.model import BulkModel
from pipeline.bulk.results import left_out, predicted_rows, unreadable_rows
from serving.score.rows import Row
from tests.data_section import data_section

REFUSED = [
    Quarantined("a.png", "truncated", "it ends; copy it again"),
    Quarantined("b.png", "unreadable_file", "Permission denied"),
    Quarantined("notes.TXT", "not_an_image_name"),
    Quarantined("IM001", "not_an_image_name"),
]


@pytest.fixture
def model():
    return BulkModel("chest", 7, "uri", data_section())


def log_of(filename, probabilities, uncertain):
    """What BulkInferrer writes for one example."""
    name = tf.train.Feature(bytes_list=tf.train.BytesList(value=[filename]))
    example = tf.train.Example(features=tf.train.Features(feature={"filename": name}))
    log = prediction_log_pb2.PredictionLog()
    request, response = log.predict_log.request, log.predict_log.response
    request.inputs["examples"].CopyFrom(tf.make_tensor_proto([example.SerializeToString()]))
    response.outputs["probabilities"].CopyFrom(
        tf.make_tensor_proto(np.array([probabilities], np.float32), shape=(1, 2))
    )
    for name, flag in (("uncertain", uncertain), ("out_of_distribution", not uncertain)):
        response.outputs[name].CopyFrom(tf.make_tensor_proto([flag]))
    return log.SerializeToString()


def test_predictions_become_rows(tmp_path, model):
    with tf.io.TFRecordWriter(str(tmp_path / "prediction_logs-0-of-1.gz"), "GZIP") as file:
        file.write(log_of("x/röntgen.png".encode(), (0.25, 0.75), False))
        file.write(log_of(b"latin\xe9.png", (0.55, 0.45), True))
    first, second = predicted_rows(str(tmp_path), model)
    assert first == Row("x/röntgen.png", "b", (0.25, 0.75), False, 7, out_of_distribution=True)
    assert (second.file, second.label, second.uncertain) == (r"latin\xe9.png", "a", True)
    assert second.out_of_distribution is False


def test_what_could_not_be_read_is_said_as_by_the_client():
    first, second = unreadable_rows(REFUSED)
    assert first == Row("a.png", error="truncated: it ends; copy it again")
    assert second == Row("b.png", error="the file can't be read: Permission denied")
    assert not first.transient and second.transient


def test_files_that_are_no_images_are_counted():
    assert left_out(REFUSED) == {".txt": 1, "without suffix": 1}
