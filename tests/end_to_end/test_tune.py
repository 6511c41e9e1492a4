"""A search that is killed in its second trial goes on, and ends in a recipe that runs."""

import json

import pytest

from pipeline.recipes.loader import load_recipe

pytestmark = pytest.mark.end_to_end


def test_kill_and_start_again(machine):
    out = machine.data.parent / "tuned.yaml"
    command = machine.command(
        "tune", "quickstart", "--data", str(machine.data), "--trials", "2", "--out", str(out),
        "--set", "data.split_seed=20", "--set", "training.epochs=5",
        "--set", "training.early_stopping.patience=5",
        "--space", "training.learning_rate=1e-4..1e-2:log", "--space", "model.dropout=0.1,0.2",
    )  # fmt: skip
    results = machine.home.root / "artifacts/quickstart"
    # The folder of an output is made when its node starts.
    machine.kill_when(command, lambda: list(results.glob("Trial2/result/*")))
    (first,) = results.glob("Trial1/result/*/trial.json")
    finished = first.read_bytes()
    assert not out.exists()

    printed = machine.medtfx(command)
    assert "Trial1             from the cache" in printed and first.read_bytes() == finished
    assert "trial 1" in printed and "trial 2" in printed
    found = results.glob("Trial*/result/*/trial.json")
    trials = [json.loads(path.read_text()) for path in found]
    score = max(trial["score"] for trial in trials)
    best = [trial["values"] for trial in trials if trial["score"] == score]

    recipe = load_recipe(str(out))
    assert recipe.name == "quickstart" and recipe.data.split_seed == 20
    tuned = (recipe.training.learning_rate, recipe.model.dropout)
    assert any(
        tuned == pytest.approx((values["training.learning_rate"], values["model.dropout"]), 1e-5)
        for values in best
    )
    text = out.read_text()
    assert text.startswith("# Tuned from quickstart: 2 trials, best balanced accuracy")
    assert f"{score:.3f}" in text and "medtfx sample-data" in text

    again = machine.medtfx(command)
    assert "Tuner              from the cache" in again
    # A run of the recipe finds the prepared images.
    run = machine.command("run", str(out), "--data", str(machine.data))
    machine.medtfx([*run, "--set", "training.epochs=1"], 0, 3)
    assert machine.cached()["Transform"] and not machine.cached()["Trainer"]
