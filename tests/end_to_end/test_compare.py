"""Two recipes on the same folds, and again from the cache; one that fails stops nobody."""

import csv
import json

import numpy as np
import pytest
import yaml
from sklearn import metrics

from pipeline.compare.predictions import load_predictions
from pipeline.home import Home
from pipeline.recipes.loader import RECIPE_DIR

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def recipes(machine) -> list[str]:
    """Two tiny ones of unlike size, and one whose weights do not exist."""
    found = []
    for name, size, changes in (
        ("narrow", 32, {"filters": [4]}),
        ("wide", 48, {"filters": [8, 16]}),
        ("lost", 32, {"backbone": "mobilenet_v2", "weights": "/nowhere/w.h5"}),
    ):
        values = yaml.safe_load((RECIPE_DIR / "quickstart.yaml").read_text(encoding="utf-8"))
        values["name"] = name
        values["data"]["image_size"] = size
        values["model"] |= changes
        values["training"] = {"epochs": 1}
        path = machine.data.parent / f"{name}.yaml"
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        found.append(str(path))
    return found


@pytest.fixture(scope="module")
def compared(machine, recipes):
    """The folder of the results, and what was printed."""
    out = machine.data.parent / "compared"
    command = machine.command(
        "compare", *recipes, "--data", str(machine.data), "--folds", "2", "--out", str(out)
    )
    return out, machine.medtfx(command, 1), command


def test_every_image_is_answered_once_by_a_model_that_never_saw_its_patient(compared, machine):
    out, _, _ = compared
    classes, found = load_predictions(out / "predictions.csv")
    assert set(found) == {"narrow", "wide", "(shortcuts)"}
    images = {path.name for path in machine.data.glob("*/*") if path.suffix == ".png"}
    for answers in found.values():
        assert len(set(answers.filenames)) == len(answers) > 0.9 * len(images)
        of_patient = {}
        for patient, fold in zip(answers.patients, answers.folds, strict=True):
            assert of_patient.setdefault(patient, fold) == fold
        assert set(answers.folds) == {1, 2}
        assert np.allclose(answers.probabilities.sum(-1), 1, atol=1e-5)
    assert found["narrow"].filenames == found["wide"].filenames
    assert classes == ("COVID", "NORMAL", "PNEUMONIA")


def test_the_figures_follow_from_the_predictions(compared):
    out, _, _ = compared
    _, found = load_predictions(out / "predictions.csv")
    plain = json.loads((out / "comparison.json").read_text())
    for values in [*plain["recipes"], plain["shortcuts"] | {"name": "(shortcuts)"}]:
        answers = found[values["name"]]
        balanced = metrics.balanced_accuracy_score(answers.labels, answers.tops)
        assert values["balanced_accuracy"] == pytest.approx(balanced)
        auc = metrics.roc_auc_score(answers.labels, answers.probabilities, multi_class="ovr")
        assert values["auc"] == pytest.approx(auc)
    rows = {
        row["recipe"]: row
        for row in csv.DictReader((out / "comparison.csv").read_text().splitlines())
    }
    assert int(rows["wide"]["parameters"]) > int(rows["narrow"]["parameters"]) > 0
    assert float(rows["narrow"]["latency_ms"]) > 0 < float(rows["narrow"]["training_seconds"])


def test_the_one_that_failed_says_why_and_the_others_are_compared(compared):
    out, printed, _ = compared
    assert "/nowhere/w.h5" in printed and "Best by balanced accuracy" in printed
    assert "/nowhere/w.h5" in (out / "index.html").read_text()


def test_nothing_is_blessed_or_pushed(compared, machine):
    assert len(machine.versions()) == 1, "that of the machine's first run"
    nodes = {path.name for path in (machine.home.artifacts / "medtfx_compare").iterdir()}
    assert nodes == {
        "ImageExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform", "Trainer"
    }  # fmt: skip
    # Two folds for two recipes: the images were read twice, not four times.
    folder = machine.home.artifacts / "medtfx_compare" / "ImageExampleGen" / "examples"
    assert len(list(folder.iterdir())) == 2


def test_again_it_comes_from_the_cache_with_the_same_numbers(compared, machine):
    out, _, command = compared
    before = (out / "predictions.csv").read_bytes()
    printed = machine.medtfx(command, 1)
    assert printed.count("from the cache") == 4
    assert (out / "predictions.csv").read_bytes() == before
    assert Home(machine.home.root).runs.exists()
