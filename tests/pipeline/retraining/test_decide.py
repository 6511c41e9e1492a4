"""Whether there is enough new data to train, on folders of small files."""

from pathlib import Path

import pytest

from components.image_example_gen.listing.listing import list_folders
from pipeline.recipes.loader import load_recipe
from pipeline.retraining.decide import decide
from pipeline.retraining.ledger import Ledger
from pipeline.retraining.training_data import describe_data

SMALL = [
    "data.min_per_class=2",
    "data.min_per_split=1",
    "data.split_seed=158",
    "data.metadata=null",
]
SMALL += ["evaluation.slices=[]"]


def add(films, label, *patients, image=1):
    folder = films / label
    folder.mkdir(parents=True, exist_ok=True)
    for patient in patients:
        (folder / f"P{patient:04d}_{image}.png").write_bytes(b"film %d" % patient)


@pytest.fixture
def films(tmp_path):
    """20 patients of each class, one image each."""
    films = tmp_path / "films"
    for index, label in enumerate(("COVID", "NORMAL", "PNEUMONIA")):
        add(films, label, *range(100 * index, 100 * index + 20))
    return films


@pytest.fixture
def ledger(tmp_path):
    return Ledger(str(tmp_path / "artifacts"))


def small(*overrides):
    return load_recipe("quickstart", [*SMALL, *overrides])


def describe(films, recipe, key=b"key"):
    return describe_data(recipe, list_folders(str(films), recipe.data), key)


def train(films, ledger, blessed=True):
    """Writes what a finished run leaves."""
    ledger.write(describe(films, small()), blessed=blessed, sentence="A verdict.")


def decision(films, ledger, *overrides, key=b"key"):
    recipe = small(*overrides)
    return decide(recipe.retraining, describe(films, recipe, key), ledger)


def test_the_first_run_trains(films, ledger):
    assert decision(films, ledger).sentence == "Training: no earlier training is on record."


@pytest.mark.parametrize(("blessed", "word"), [(True, "blessed"), (False, "not blessed")])
def test_unchanged_data_decline_whatever_the_verdict_was(films, ledger, blessed, word):
    train(films, ledger, blessed)
    found = decision(films, ledger)
    assert not found.train
    assert found.sentence.startswith("Declined: no new image since the training of 20")
    assert found.sentence.endswith(f", whose model was {word}.")
    assert not decision(films, ledger, "retraining.min_new_patients=0").train


def test_an_interrupted_run_has_seen_nothing(films, ledger):
    ledger.stage("run-1", describe(films, small()))
    assert decision(films, ledger).train


def test_new_patients_are_counted_against_the_minimum(films, ledger):
    train(films, ledger)
    add(films, "COVID", 50, 51)
    add(films, "NORMAL", 150)
    found = decision(films, ledger, "retraining.min_new_patients=4")
    assert not found.train
    assert "3 new patients (COVID 2, NORMAL 1) with 3 new images since" in found.sentence
    assert "the recipe requires at least 4 (section retraining)" in found.sentence
    assert found.new_patients == {"COVID": 2, "NORMAL": 1}
    assert decision(films, ledger, "retraining.min_new_patients=3").train


def test_each_class_may_want_its_own_new_patients(films, ledger):
    train(films, ledger)
    add(films, "NORMAL", *range(150, 160))
    wanted = "retraining.min_new_per_class={COVID: 2, NORMAL: 5}"
    found = decision(films, ledger, wanted)
    assert not found.train
    assert "requires at least 2 of COVID (" in found.sentence
    add(films, "COVID", 50, 51)
    assert decision(films, ledger, wanted).train


def test_new_images_of_known_patients_are_no_new_patients(films, ledger):
    train(films, ledger)
    add(films, "COVID", 0, 1, image=2)
    found = decision(films, ledger)
    assert not found.train
    assert "2 new images, all of known patients, since" in found.sentence
    assert decision(films, ledger, "retraining.min_new_patients=0").train


@pytest.mark.parametrize(
    ("change", "sentence", "ignored"),
    [
        (Path.unlink, "Training: 1 image removed since", "removed"),
        (lambda film: film.write_bytes(b"other"), "Training: 1 file rewritten since", "changed"),
    ],
    ids=["removed", "rewritten"],
)
def test_a_change_trains_unless_the_recipe_ignores_it(films, ledger, change, sentence, ignored):
    train(films, ledger)
    change(films / "COVID" / "P0000_1.png")
    assert decision(films, ledger).sentence.startswith(sentence)
    found = decision(films, ledger, f"retraining.{ignored}=ignore")
    assert not found.train and "Ignored, as the recipe says: 1 " in found.sentence


def test_an_image_in_another_class_trains(films, ledger):
    train(films, ledger)
    (films / "COVID" / "P0000_1.png").rename(films / "NORMAL" / "P0000_1.png")
    found = decision(films, ledger)
    assert found.train
    assert found.new_patients == {"NORMAL": 1}


@pytest.mark.parametrize(
    ("override", "trains"),
    [
        ("training.epochs=7", True),
        ("evaluation.recall_floor=0.7", True),
        ("data.merge={NORMAL: [NORMAL, healthy]}", True),
        ("summary=other words", False),
        ("retraining.removed=ignore", False),
    ],
)
def test_a_changed_recipe_trains_if_it_changes_the_model_or_its_verdict(
    films, ledger, override, trains
):
    train(films, ledger)
    found = decision(films, ledger, override)
    assert found.train is trains
    if trains:
        assert found.sentence.startswith("Training: the recipe changed since")


def test_changed_code_trains(films, ledger, monkeypatch):
    train(films, ledger)
    monkeypatch.setattr("pipeline.retraining.training_data.model_source", lambda: "other")
    assert "the code of the nodes changed" in decision(films, ledger).sentence


def test_another_key_trains_since_nothing_can_be_compared(films, ledger):
    train(films, ledger)
    found = decision(films, ledger, key=b"another")
    assert found.train and "the site's patient key changed" in found.sentence


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"format": 9}', '{"format": 1, "data": {}}'])
def test_a_broken_ledger_trains_and_says_so(films, ledger, content):
    train(films, ledger)
    Path(ledger.address).write_text(content)
    found = decision(films, ledger)
    assert found.train
    assert "what the last training saw is not known" in found.sentence
    assert "trained.json is " in found.sentence
