import shutil

import numpy as np
import pytest
import tensorflow as tf

from components.saved_model.manifest import ChangedModelError, write_manifest
from components.saved_model.signature import sign
from serving.embedded.models.model import LoadedModel
from serving.embedded.status_error import StatusError
from tests.signing import Keys


@pytest.fixture(scope="module")
def model(tiny_model):
    loaded = LoadedModel("tiny", 3, tiny_model, max_rows=8)
    yield loaded
    loaded.close()


def test_signatures_without_the_init_op(model):
    assert sorted(model.signatures) == ["double", "embed", "explain", "serving_default", "slow"]
    assert "__saved_model_init_op" in model.signature_def


def test_only_signatures_with_free_rows_are_batched(model):
    assert sorted(model._batchers) == ["double", "embed", "explain", "serving_default"]
    assert model.run("slow", {"steps": np.array(3, np.int32)})["value"] > 0


def test_a_shape_that_the_graph_does_not_take(model, dark):
    with pytest.raises(StatusError) as refused:
        model.run("serving_default", {"image_bytes": np.array([[dark]], object)})
    assert refused.value.code.name == "INVALID_ARGUMENT"


def test_what_is_no_model_is_not_loaded(tmp_path):
    write_manifest(tmp_path)
    with pytest.raises((OSError, tf.errors.OpError)):
        LoadedModel("x", 1, tmp_path, 0)


def test_what_no_run_pushed_is_not_loaded(tmp_path):
    with pytest.raises(ChangedModelError, match=r"has no assets.extra/manifest\.json"):
        LoadedModel("x", 1, tmp_path, 0)


def test_with_a_key_only_signed_versions_are_loaded(tmp_path, tiny_model, monkeypatch):
    folder, keys = tmp_path / "1", Keys(tmp_path)
    shutil.copytree(tiny_model, folder)
    monkeypatch.setenv("MEDTFX_VERIFICATION_KEY", str(keys.public))
    with pytest.raises(ChangedModelError, match="unsigned"):
        LoadedModel("tiny", 1, folder, 0)
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    sign(folder)
    LoadedModel("tiny", 1, folder, 0).close()
