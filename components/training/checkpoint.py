"""Checkpoints: a training that was killed continues after its last finished epoch.

A checkpoint is a folder with the last weights (and optimizer state), the best weights so far and
`state.json`. The state is written last and atomically, so that a kill at any moment leaves the
previous checkpoint intact.
"""

import hashlib
import json
import math
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from components.storage.atomic_write import write_atomically

Logs = dict[str, float]


@dataclass
class State:
    """The state of a training.

    Attributes:
        finished_phases: names of the finished phases.
        phase: name of the current phase.
        history: name of the phase → logs of each finished epoch.
        best: best monitored value over all phases, as a loss; infinite before the first epoch.
        best_file: file with the weights of the best epoch.
        last_file: file with weights and optimizer state after the last finished epoch.
    """

    finished_phases: list[str] = field(default_factory=list)
    phase: str = ""
    history: dict[str, list[Logs]] = field(default_factory=dict)
    best: float = math.inf
    best_file: str = ""
    last_file: str = ""


class Checkpoint:
    """The checkpoint of a training, in a folder.

    Args:
        folder: local path; created if missing.
        monitor: name of the logged value that decides the best epoch. Values with `accuracy` in
            their name are maximised, others minimised.

    Attributes:
        folder: local path.
        monitor: name of the logged value.
        state: what has been saved so far.
    """

    def __init__(self, folder: Path, monitor: str):
        self.folder = folder
        self.monitor = monitor
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "state.json"
        self.state = State(**json.loads(file.read_text())) if file.exists() else State()

    def epochs_done(self, phase: str) -> list[Logs]:
        """Returns the logs of the finished epochs of a phase."""
        return self.state.history.get(phase, [])

    def best_epoch(self, phase: str) -> int:
        """Returns the number of the best epoch of a phase, from 1."""
        values = [self._loss(logs) for logs in self.epochs_done(phase)]
        return values.index(min(values)) + 1

    def save_epoch(self, model: keras.Model, kept: keras.Model, phase: str, logs: Logs) -> None:
        """Saves a finished epoch.

        Args:
            model: model that is trained; all of it is saved, with the optimizer.
            kept: its part whose weights are saved if this epoch is the best so far.
            phase: name of the phase.
            logs: name → value at the end of the epoch.
        """
        state = self.state
        state.phase = phase
        state.history.setdefault(phase, []).append(logs)
        number = sum(len(epochs) for epochs in state.history.values())
        state.last_file = f"last-{number}.weights.h5"
        model.save_weights(self.folder / state.last_file)
        value = self._loss(logs)
        if value < state.best:
            state.best, state.best_file = value, f"best-{number}.weights.h5"
            kept.save_weights(self.folder / state.best_file)
        self._write()

    def finish_phase(self, phase: str) -> None:
        """Records that a phase is finished."""
        self.state.finished_phases.append(phase)
        self._write()

    def load_best(self, kept: keras.Model) -> None:
        """Loads the best weights so far into the part they were saved from."""
        if self.state.best_file:
            kept.load_weights(self.folder / self.state.best_file)

    def remove(self) -> None:
        """Deletes the folder, after the training."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _loss(self, logs: Logs) -> float:
        return -logs[self.monitor] if "accuracy" in self.monitor else logs[self.monitor]

    def _write(self) -> None:
        write_atomically(self.folder / "state.json", json.dumps(asdict(self.state)))
        for path in self.folder.glob("*.weights.h5"):
            if path.name not in (self.state.best_file, self.state.last_file):
                path.unlink()


def state_folder(checkpoints: str, *identity: Any) -> Path:
    """Returns the folder for the state of a training.

    Args:
        checkpoints: folder of all trainings.
        identity: all that decides the result of the training, JSON-able; the name depends on it.
    """
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    return Path(checkpoints, digest)


class SaveAndResume(keras.callbacks.Callback):
    """Saves each epoch, and continues a phase after the last epoch of a killed run.

    It must be the last callback: when it resumes, the others have been reset, and it replays the
    earlier epochs to them.

    Args:
        checkpoint: the checkpoint.
        kept: part of the model whose best weights are kept.
        phase: name of the phase.
        others: callbacks that count epochs: early stopping, plateau.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        kept: keras.Model,
        phase: str,
        others: list[keras.callbacks.Callback],
    ):
        super().__init__()
        self._checkpoint, self._kept = checkpoint, kept
        self._phase, self._others = phase, others

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Restores the weights, the optimizer and the state of the other callbacks."""
        missed = self._checkpoint.epochs_done(self._phase)
        if not missed:
            return
        for callback in self._others:
            for epoch, epoch_logs in enumerate(missed):
                callback.on_epoch_end(epoch, dict(epoch_logs))
        # After the replay, which may have lowered the learning rate once more.
        self.model.optimizer.build(self.model.trainable_variables)
        self.model.load_weights(self._checkpoint.folder / self._checkpoint.state.last_file)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Saves the epoch."""
        plain = {name: float(value) for name, value in (logs or {}).items()}
        self._checkpoint.save_epoch(self.model, self._kept, self._phase, plain)
