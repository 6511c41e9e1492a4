import pytest

from components.runtime.environment import CHECKPOINTS
from kubeflow.node.paths import node_paths


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    monkeypatch.delenv(CHECKPOINTS.name, raising=False)


def test_on_a_volume_everything_lies_below_the_root():
    places = node_paths("/volume/tfx/")
    assert places.artifacts == "/volume/tfx/artifacts"
    assert places.models == "/volume/tfx/models"
    assert places.checkpoints == "/volume/tfx/checkpoints"
    assert places.keys == "/volume/tfx"


def test_object_storage_holds_neither_checkpoints_nor_the_key():
    places = node_paths("s3://bucket/tfx", "s3://served/models/")
    assert places.artifacts == "s3://bucket/tfx/artifacts"
    assert places.models == "s3://served/models"
    assert "://" not in places.checkpoints
    assert places.keys == ""


def test_what_lies_below_another_root_is_no_part_of_the_pipeline():
    roots = ("/volume", "/volume/", "s3://bucket/tfx")
    names = [node_paths(root).pipeline_name("chest") for root in roots]
    assert names[0] == names[1] != names[2]


def test_checkpoints_may_lie_elsewhere(monkeypatch):
    monkeypatch.setenv(CHECKPOINTS.name, "/volume/unfinished")
    assert node_paths("gs://bucket").checkpoints == "/volume/unfinished"
