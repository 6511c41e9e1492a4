"""Whether there is enough that is new to train, on folders of small files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.image_example_gen.listing import list_folders
from components.image_example_gen.patients import patient_key
from components.runtime.errors import RecipeError
from pipeline.cli import main as cli
from pipeline.cli.exit_codes import ExitCode
from pipeline.home import Home
from pipeline.recipes.loader import load_recipe
from pipeline.retraining.decide import decide_here, local_ledger
from pipeline.retraining.training_data import describe_data
from tests.paths import ROOT

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
def home(tmp_path):
    return Home(tmp_path / "home")


def small(*overrides):
    return load_recipe("quickstart", [*SMALL, *overrides])


def train(films, home, recipe, blessed=True):
    """What is left of a run that came to its end."""
    listing = list_folders(str(films), recipe.data)
    seen = describe_data(recipe, str(films), listing, patient_key(str(home.root)))
    local_ledger(recipe, home).write(seen, blessed=blessed, sentence="A verdict.")


def decision(films, home, *overrides):
    return decide_here(small(*overrides), str(films), home)


def test_the_first_run_trains(films, home):
    assert decision(films, home).sentence == "Training: no earlier training is on record."


@pytest.mark.parametrize(("blessed", "word"), [(True, "blessed"), (False, "refused")])
def test_unchanged_data_decline_whatever_the_verdict_was(films, home, blessed, word):
    train(films, home, small(), blessed)
    found = decision(films, home)
    assert not found.train
    assert found.sentence.startswith("Declined: no new image since the training of 20")
    assert found.sentence.endswith(f", whose model was {word}.")


def test_an_interrupted_run_has_seen_nothing(films, home):
    recipe = small()
    seen = describe_data(recipe, str(films), list_folders(str(films), recipe.data), b"key")
    local_ledger(recipe, home).hold("run-1", seen)
    assert decision(films, home).train


def test_new_patients_are_counted_against_the_minimum(films, home):
    train(films, home, small())
    add(films, "COVID", 50, 51)
    add(films, "NORMAL", 150)
    found = decision(films, home, "retraining.min_new_patients=4")
    assert not found.train
    assert "3 new patients (COVID 2, NORMAL 1) with 3 new images since" in found.sentence
    assert "the recipe wants at least 4 (section retraining)" in found.sentence
    assert found.new_patients == {"COVID": 2, "NORMAL": 1}
    assert decision(films, home, "retraining.min_new_patients=3").train


def test_each_class_may_want_its_own_new_patients(films, home):
    train(films, home, small())
    add(films, "NORMAL", *range(150, 160))
    wanted = "retraining.min_new_per_class={COVID: 2, NORMAL: 5}"
    found = decision(films, home, wanted)
    assert not found.train
    assert "wants at least 2 of COVID (" in found.sentence
    add(films, "COVID", 50, 51)
    assert decision(films, home, wanted).train


def test_new_images_of_known_patients_are_no_new_patients(films, home):
    train(films, home, small())
    add(films, "COVID", 0, 1, image=2)
    found = decision(films, home)
    assert not found.train
    assert "2 new images, all of known patients, since" in found.sentence
    assert decision(films, home, "retraining.min_new_patients=0").train


def test_minimum_zero_still_declines_unchanged_data(films, home):
    train(films, home, small())
    assert not decision(films, home, "retraining.min_new_patients=0").train


def test_a_removed_image_trains_unless_the_recipe_ignores_it(films, home):
    train(films, home, small())
    (films / "COVID" / "P0000_1.png").unlink()
    assert decision(films, home).sentence.startswith("Training: 1 image removed since")
    ignored = decision(films, home, "retraining.removed=ignore")
    assert not ignored.train
    assert ignored.sentence.endswith("Ignored, as the recipe says: 1 removed image.")


def test_a_rewritten_image_trains_unless_the_recipe_ignores_it(films, home):
    train(films, home, small())
    (films / "COVID" / "P0000_1.png").write_bytes(b"another film")
    assert decision(films, home).sentence.startswith("Training: 1 file rewritten since")
    assert not decision(films, home, "retraining.changed=ignore").train


def test_an_image_in_another_class_trains(films, home):
    train(films, home, small())
    (films / "COVID" / "P0000_1.png").rename(films / "NORMAL" / "P0000_1.png")
    found = decision(films, home)
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
    films, home, override, trains
):
    train(films, home, small())
    found = decision(films, home, override)
    assert found.train is trains
    if trains:
        assert found.sentence.startswith("Training: the recipe changed since")


def test_changed_code_trains(films, home, monkeypatch):
    train(films, home, small())
    monkeypatch.setattr("pipeline.retraining.training_data.model_source", lambda: "other")
    assert "the code of the nodes changed" in decision(films, home).sentence


def test_another_key_trains_since_nothing_can_be_compared(films, home):
    train(films, home, small())
    (home.root / "patient.key").write_text("another")
    assert "the site's patient key changed" in decision(films, home).sentence


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"format": 9}', '{"format": 1, "data": {}}'])
def test_a_broken_ledger_trains_and_says_so(films, home, content):
    recipe = small()
    train(films, home, recipe)
    Path(local_ledger(recipe, home).address).write_text(content)
    found = decision(films, home)
    assert found.train
    assert "what the last one saw is not known" in found.sentence
    assert "trained.json is " in found.sentence


def test_a_minimum_for_an_unknown_class_is_refused():
    with pytest.raises(RecipeError, match=r"min_new_per_class names \['COVD'\]"):
        small("retraining.min_new_per_class={COVD: 3}")


def test_the_command_declines_with_its_own_exit_code_and_without_tensorflow(films, home):
    train(films, home, small())
    script = """
import sys
from pipeline.cli.main import main
try:
    main()
finally:
    print([name for name in ("tensorflow", "tfx", "keras", "apache_beam") if name in sys.modules])
"""
    line = ["run", "quickstart", "--data", str(films), "--home", str(home.root), "--if-new"]
    for override in SMALL:
        line += ["--set", override]
    done = subprocess.run(
        [sys.executable, "-c", script, *line],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == ExitCode.DECLINED, done.stderr
    declined, heavy = done.stdout.splitlines()
    assert declined.startswith("Declined: no new image since the training of ")
    assert heavy == "[]"


def test_the_command_goes_on_when_there_is_something_new(films, home, monkeypatch, capsys):
    # Up to the place where TensorFlow would be loaded.
    class ReachedError(Exception):
        pass

    def run_recipe(*arguments):
        raise ReachedError

    monkeypatch.setattr("pipeline.runs.local.run_recipe", run_recipe)
    line = ["medtfx", "run", "quickstart", "--data", str(films), "--home", str(home.root)]
    monkeypatch.setattr(sys, "argv", [*line, "--if-new", *(w for s in SMALL for w in ("--set", s))])
    with pytest.raises(ReachedError):
        cli.main()
    assert capsys.readouterr().out == "Training: no earlier training is on record.\n"
