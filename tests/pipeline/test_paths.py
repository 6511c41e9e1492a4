from pathlib import Path

import pytest

from pipeline.home import Home
from pipeline.paths import PipelinePaths, recipe_of


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(Home, "metadata_connection", lambda home: "sqlite")  # spares TFX
    monkeypatch.chdir(tmp_path)
    return lambda *given: PipelinePaths.of_home(Home(Path("/home")), *given)


def test_all_in_the_home(places):
    found = places()
    assert (found.artifacts, found.models) == ("/home/artifacts", "/home/models")
    assert (found.checkpoints, found.keys, found.metadata) == (
        "/home/checkpoints",
        "/home",
        "sqlite",
    )


@pytest.mark.parametrize("root", ["gs://bucket/x", "s3://bucket/x", "/volume"])
def test_another_root_takes_artifacts_and_models_and_leaves_the_rest(places, root):
    found = places(f"{root}/")
    assert (found.artifacts, found.models) == (f"{root}/artifacts", f"{root}/models")
    assert (found.checkpoints, found.keys) == ("/home/checkpoints", "/home")
    assert places(f"{root}/").pipeline_name("chest") == places(root).pipeline_name("chest")


def test_each_root_has_a_cache_and_a_baseline_of_its_own(places):
    names = [places(root).pipeline_name("chest") for root in (None, "/volume", "s3://bucket/x")]
    assert names[0] == "chest" and len(set(names)) == 3
    assert {recipe_of(name) for name in names} == {"chest"}


def test_models_may_go_elsewhere_alone(places, tmp_path):
    found = places(None, "pushed")
    assert (found.artifacts, found.models) == ("/home/artifacts", str(tmp_path / "pushed"))
