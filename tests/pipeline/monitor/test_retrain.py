"""What an alarm starts; the trainings themselves are those of `medtfx run`."""

import io

import pytest
from rich.console import Console

from components.image_example_gen.listing.listing import list_folders
from components.runtime.errors import DataError
from components.storage.patient_key import patient_key
from pipeline.monitor.errors import MonitorError
from pipeline.monitor.retrain import retrain
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe
from pipeline.retraining.ledger import Ledger
from pipeline.retraining.training_data import describe_data
from pipeline.runs.records import save
from pipeline.sample_data import write_sample_data

OVERRIDES = ["data.split_seed=107", "evaluation.unreachable_floors=report"]


@pytest.fixture
def outcome(make_outcome, alarmed):
    return make_outcome(alarmed)


@pytest.fixture
def screen():
    return Console(record=True, file=io.StringIO(), width=200)


def test_the_same_images_are_not_trained_on_again(home, outcome, screen, make_record, tmp_path):
    write_sample_data(tmp_path / "films", patients_per_class=6)
    made = make_record(
        model="lungs", version=3, recipe="quickstart", overrides=OVERRIDES,
        data_folder=str(tmp_path / "films"),
    )  # fmt: skip
    save(made, home)
    recipe, paths = load_recipe("quickstart", OVERRIDES), PipelinePaths.of_home(home)
    listing = list_folders(str(tmp_path / "films"), recipe.data)
    seen = describe_data(recipe, listing, patient_key(paths.keys))
    Ledger(paths.pipeline_root("quickstart")).write(seen, blessed=True, sentence="Blessed.")
    assert retrain(outcome, home, None, None, screen) is None
    assert "Declined: no new image since the training of " in screen.export_text()


def test_the_images_can_be_named(home, outcome, screen, make_record, tmp_path):
    save(make_record(model="lungs", version=3, recipe="quickstart", overrides=[]), home)
    with pytest.raises(DataError, match="nowhere"):
        retrain(outcome, home, None, str(tmp_path / "nowhere"), screen)


def test_a_recipe_of_the_site_is_found_by_its_file(home, outcome, screen, make_record, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("extends: quickstart\nname: own\n")
    made = make_record(model="lungs", version=3, recipe="own", recipe_file=str(own), overrides=[])
    save(made, home)
    with pytest.raises(DataError, match="nowhere"):
        retrain(outcome, home, None, str(tmp_path / "nowhere"), screen)


def test_a_version_of_another_home_needs_recipe_and_images(home, outcome, screen, make_record):
    save(make_record(model="lungs", version=2), home)
    with pytest.raises(MonitorError, match=r"no run of lungs/3.*--recipe and --data"):
        retrain(outcome, home, "quickstart", None, screen)


def test_the_reason_says_what_when_and_why(outcome):
    assert outcome.reason.startswith(
        "medtfx monitor of lungs/3, 2026-11-21 00:00 to 2026-11-28 00:00 UTC: ALARM: contrast"
    )
