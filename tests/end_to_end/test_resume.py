"""A run that is killed in mid-training goes on, and ends with one consistent result."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

PATIENCE_SECONDS = 240


def wait_for_epochs(machine, process: subprocess.Popen, epochs: int) -> list[dict[str, float]]:
    """Waits until that many epochs are saved, and returns their logs."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be killed"
        for path in machine.home.checkpoints.glob("*/state.json"):
            done = json.loads(path.read_text())["history"].get("head", [])
            if len(done) >= epochs:
                return done
        time.sleep(0.05)
    raise AssertionError(f"no checkpoint of {epochs} epochs within {PATIENCE_SECONDS} s")


def test_kill_and_start_again(machine):
    before = machine.versions()
    command = machine.run_command("training.early_stopping.patience=23")
    process = subprocess.Popen(
        command,
        env=machine.environment,
        cwd=machine.source,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        saved = wait_for_epochs(machine, process, 3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert machine.versions() == before

    machine.medtfx(command)
    assert all(machine.cached()[node] for node in ("ImageExampleGen", "StatisticsGen", "Transform"))
    history = _history(machine.home.artifacts / "quickstart" / "Trainer" / "model_run")
    assert history["head"][: len(saved)] == saved
    assert len(history["head"]) == 25
    assert len(machine.versions()) == len(before) + 1
    assert list(machine.home.checkpoints.iterdir()) == []


def _history(folder: Path) -> dict[str, list[dict[str, float]]]:
    latest = max(folder.glob("*/history.json"), key=lambda path: int(path.parent.name))
    return json.loads(latest.read_text())
