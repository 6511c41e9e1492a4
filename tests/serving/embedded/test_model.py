import numpy as np
import pytest
import tensorflow as tf

from serving.embedded.model import LoadedModel
from serving.embedded.status_error import StatusError


@pytest.fixture(scope="module")
def model(tiny_model):
    loaded = LoadedModel("tiny", 3, tiny_model, max_rows=8)
    yield loaded
    loaded.close()


def test_signatures_without_the_init_op(model):
    assert sorted(model.signatures) == ["double", "explain", "serving_default", "slow"]
    assert "__saved_model_init_op" in model.signature_def


def test_run(model, dark, bright):
    images = {"image_bytes": np.array([dark, bright], object)}
    found = model.run("serving_default", images)
    assert found["probabilities"] == pytest.approx(np.array([[0.8, 0.2], [0.2, 0.8]]), abs=1e-6)
    assert found["label"].tolist() == [b"dark", b"bright"]


def test_only_signatures_with_free_rows_are_batched(model):
    assert sorted(model._batchers) == ["double", "explain", "serving_default"]
    assert model.run("slow", {"steps": np.array(3, np.int32)})["value"] > 0


def test_an_image_that_cannot_be_decoded(model):
    with pytest.raises(StatusError) as refused:
        model.run("serving_default", {"image_bytes": np.array([b"junk"], object)})
    assert refused.value.code.name == "INVALID_ARGUMENT"
    assert "Unknown image file format" in refused.value.message


def test_a_shape_that_the_graph_does_not_take(model, dark):
    with pytest.raises(StatusError) as refused:
        model.run("serving_default", {"image_bytes": np.array([[dark]], object)})
    assert refused.value.code.name == "INVALID_ARGUMENT"


def test_what_is_no_model_is_not_loaded(tmp_path):
    with pytest.raises((OSError, tf.errors.OpError)):
        LoadedModel("x", 1, tmp_path, 0)
