"""A version is copied as it is, so empty files stand for the network."""

from pathlib import Path

import pytest

from components.saved_model.assets import RECIPE_ASSET
from components.saved_model.manifest import ChangedModelError, write_manifest
from components.uncertainty.summary import UNCERTAINTY_FILE
from pipeline.bulk.model import newest_version, stage_model
from serving.score.errors import ScoreError

DATA = '{"data": {"classes": ["a", "b"], "patient": {"from": "each_file"}}}'


@pytest.fixture
def pushed(tmp_path):
    folder = tmp_path / "chest" / "17"
    (folder / "assets").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "assets" / RECIPE_ASSET).write_text(DATA)
    (folder / "assets" / UNCERTAINTY_FILE).write_text("{}")
    write_manifest(folder)
    return folder


def test_the_newest_version_is_the_highest_number(pushed):
    for name in ("9", "100", "withdrawn"):
        (pushed.parent / name).mkdir()
    assert newest_version(str(pushed.parent)) == 100
    with pytest.raises(ScoreError, match=r"There is no model version in .*Check --model-base"):
        newest_version(str(pushed.parent.parent / "none"))


def test_a_staged_version_survives_the_pushed_one(pushed, tmp_path):
    model = stage_model(str(pushed), "chest", 17, str(tmp_path / "artifacts"))
    assert (model.name, model.version, model.data.classes) == ("chest", 17, ("a", "b"))
    (copy,) = Path(model.uri).rglob("saved_model.pb")
    (pushed / "saved_model.pb").unlink()
    assert stage_model(str(pushed), "chest", 17, str(tmp_path / "artifacts")) == model
    assert copy.read_bytes() == b"graph"


def test_a_model_of_another_program_or_version_is_refused(pushed, tmp_path):
    (pushed / "assets" / RECIPE_ASSET).write_text('{"data": {"kinds": 3}}')
    write_manifest(pushed)
    with pytest.raises(ScoreError, match="not valid for this version of medtfx"):
        stage_model(str(pushed), "chest", 17, str(tmp_path / "artifacts"))
    (pushed / "assets" / RECIPE_ASSET).unlink()
    with pytest.raises(ScoreError, match=f"There is no .*{RECIPE_ASSET}"):
        stage_model(str(pushed), "chest", 17, str(tmp_path / "other"))


def test_a_version_that_changed_is_refused(pushed, tmp_path):
    (pushed / "extra.so").touch()
    with pytest.raises(ChangedModelError, match=r"extra\.so was added"):
        stage_model(str(pushed), "chest", 17, str(tmp_path / "artifacts"))
    assert not (tmp_path / "artifacts").exists()
