"""A run that is killed in mid-training goes on, and ends with one consistent result."""

import json

import pytest

pytestmark = pytest.mark.end_to_end


def test_kill_and_start_again(machine):
    before, saved = machine.versions(), []

    def has_saved_three_epochs():
        for path in machine.home.checkpoints.glob("*/state.json"):
            saved[:] = json.loads(path.read_text())["history"].get("head", [])
        return len(saved) >= 3

    command = machine.run_command("training.early_stopping.patience=23")
    machine.kill_when(command, has_saved_three_epochs)
    assert machine.versions() == before

    machine.medtfx(command)
    assert all(machine.cached()[node] for node in ("ImageExampleGen", "StatisticsGen", "Transform"))
    history = json.loads((machine.latest("Trainer", "model_run") / "history.json").read_text())
    assert history["head"][: len(saved)] == saved
    assert len(history["head"]) == 25
    assert len(machine.versions()) == len(before) + 1
    assert list(machine.home.checkpoints.iterdir()) == []
