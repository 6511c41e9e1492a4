import json

import pytest

from components.gate.pushed_gate import PushedGate, write_gate
from components.runtime.errors import RecipeError
from pipeline.external.errors import ExternalError
from pipeline.external.rules import rules_of, with_metadata, with_own_images
from tests.components.imaging.dicom_files import make


@pytest.fixture
def pushed(tmp_path, make_rules, home):
    """A folder with what a pushed version says about its recipe."""
    folder, recipe = tmp_path / "chest" / "17", make_rules(slices=["site"]).recipe
    (folder / "assets").mkdir(parents=True)
    asset = {"recipe": "chest", "data": recipe.data.plain(), "model": recipe.model.plain()}
    (folder / "assets" / "recipe.json").write_text(json.dumps(asset))
    write_gate(folder, PushedGate(recipe.evaluation, home))
    return folder


def test_the_recipe_travels_with_the_version(pushed, home):
    found = rules_of(pushed, None, ["evaluation.recall_floor=0.7"])
    assert found.recipe.data.classes == ("COVID", "NORMAL")
    assert found.recipe.evaluation.floor("COVID") == 0.7 and list(
        found.recipe.evaluation.slices
    ) == ["site"]
    assert found.home == home


def test_a_named_recipe_goes_first_and_home_stays(pushed, home):
    found = rules_of(pushed, "quickstart", [])
    assert found.recipe.name == "quickstart" and found.home == home


def test_a_wrong_override_names_the_version(pushed):
    with pytest.raises(RecipeError, match=r"17 is not a valid recipe:\n.*evaluation.floor"):
        rules_of(pushed, None, ["evaluation.floor=1"])


def test_a_table_may_lie_elsewhere(pushed, tmp_path):
    found = with_metadata(rules_of(pushed, None, []), tmp_path, tmp_path / "other" / "sites.csv")
    assert found.recipe.data.metadata.file == str(tmp_path / "other" / "sites.csv")
    assert found.recipe.data.metadata.columns == ("site",)


def test_images_that_the_version_was_made_from_are_said(pushed, tmp_path, make_record):
    rules = rules_of(pushed, None, [])
    made = make_record(model="chest", version=17, data_folder=str(tmp_path / "films"))
    (note,) = with_own_images(rules, tmp_path / "films" / ".", "chest", 17, [made]).notes
    assert "trained on most of it" in note
    for other in (tmp_path / "elsewhere", 17), (tmp_path / "films", 18):
        assert with_own_images(rules, other[0], "chest", other[1], [made]).notes == ()


def test_without_a_table_there_are_no_columns(pushed, tmp_path):
    found = with_metadata(rules_of(pushed, None, []), tmp_path, None)
    assert found.recipe.data.metadata is None
    (note,) = found.notes
    assert "There is no metadata.csv" in note and note.endswith("named with --metadata.")


def test_dicom_headers_take_the_place_of_a_table(pushed, tmp_path):
    (tmp_path / "COVID").mkdir()
    (tmp_path / "COVID" / "readme.txt").write_text("no image")
    sets = ["data.metadata={columns: [site, sex], bands: {age: [40], dose: [3]}}"]
    assert with_metadata(rules_of(pushed, None, sets), tmp_path, None).recipe.data.metadata is None
    (tmp_path / "COVID" / "IM1").write_bytes(make())
    found = with_metadata(rules_of(pushed, None, sets), tmp_path, None)
    section = found.recipe.data.metadata
    assert (section.columns, section.bands) == (("sex",), {"age": (40,)})
    assert found.notes[0].endswith("DICOM headers take its place.")


def test_a_patient_in_the_table_needs_it(pushed, tmp_path):
    rules = rules_of(pushed, None, ["data.patient={from: metadata, column: site}"])
    with pytest.raises(ExternalError, match="Name the table with --metadata"):
        with_metadata(rules, tmp_path, None)
