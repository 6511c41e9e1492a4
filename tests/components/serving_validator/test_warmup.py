"""The file is replayed by the embedded server's own code."""

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from components.saved_model.manifest import write_manifest
from components.serving_validator.warmup import write_warmup
from serving.embedded.models.model import LoadedModel
from serving.embedded.models.warmup import WARMUP_FILE, warm_up


@pytest.fixture
def saved_model(tmp_path, make_exporter):
    make_exporter().save(str(tmp_path / "1"), {"recipe": "test"})
    return tmp_path / "1"


def requests_in(folder):
    records = tf.data.TFRecordDataset(str(folder / WARMUP_FILE)).as_numpy_iterator()
    logs = map(prediction_log_pb2.PredictionLog.FromString, records)
    return [log.predict_log.request for log in logs]


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (1, [("serving_default", 1), ("explain", 1)]),
        (8, [("serving_default", 1), ("serving_default", 8), ("explain", 1)]),
    ],
)
def test_what_is_asked_for_is_replayed(saved_model, largest, expected):
    write_warmup(str(saved_model), "tiny", image_size=32, largest_batch=largest)
    found = requests_in(saved_model)
    sizes = [len(request.inputs["image_bytes"].string_val) for request in found]
    signatures = [request.model_spec.signature_name for request in found]
    assert list(zip(signatures, sizes, strict=True)) == expected
    picture = tf.io.decode_png(found[0].inputs["image_bytes"].string_val[0]).numpy()
    assert picture.shape == (32, 32, 1) and (picture == 128).all()  # nobody's
    write_manifest(saved_model)
    model = LoadedModel("tiny", 1, saved_model, max_rows=0)
    assert warm_up(model, saved_model) == len(expected)
    model.close()
