"""Keeps training restartable: after a kill it goes on from the last finished epoch.

A checkpoint is a folder with the last weights (and optimizer state), the best weights so far and
`state.json`. The state is written last and replaced in one step, so that a kill at any moment
leaves the previous checkpoint whole.
"""

import json
import math
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras

from components.storage.atomic_write import write_atomically

Logs = dict[str, float]


@dataclass
class State:
    """How far training is.

    Attributes:
        finished_phases: names of the phases that are done.
        phase: the phase under way.
        history: phase → logs of each finished epoch.
        best: best monitored value over all phases; infinite before the first epoch.
        best_file: weights at that epoch.
        last_file: weights and optimizer state after the last finished epoch.
    """

    finished_phases: list[str] = field(default_factory=list)
    phase: str = ""
    history: dict[str, list[Logs]] = field(default_factory=dict)
    best: float = math.inf
    best_file: str = ""
    last_file: str = ""


class Checkpoint:
    """The folder, and the state in it.

    Args:
        folder: local path; made if missing.
        monitor: logged value that tells the best epoch; names with `accuracy` are maximised.
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
        """Returns how many epochs of a phase it took to its best one."""
        values = [self._loss(logs) for logs in self.epochs_done(phase)]
        return values.index(min(values)) + 1

    def save_epoch(self, model: keras.Model, kept: keras.Model, phase: str, logs: Logs) -> None:
        """Records a finished epoch of `model`, and `kept`, what learns in it, if it is the best."""
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
        """Records that a phase is done."""
        self.state.finished_phases.append(phase)
        self._write()

    def load_best(self, kept: keras.Model) -> None:
        """Puts the best weights so far into what they were saved from."""
        if self.state.best_file:
            kept.load_weights(self.folder / self.state.best_file)

    def remove(self) -> None:
        """Deletes the folder: the work is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _loss(self, logs: Logs) -> float:
        return -logs[self.monitor] if "accuracy" in self.monitor else logs[self.monitor]

    def _write(self) -> None:
        write_atomically(self.folder / "state.json", json.dumps(asdict(self.state)))
        for path in self.folder.glob("*.weights.h5"):
            if path.name not in (self.state.best_file, self.state.last_file):
                path.unlink()


class SaveAndResume(keras.callbacks.Callback):
    """Saves after every epoch, and takes up a phase where a killed run left it.

    It must stand last in the list of callbacks: when it resumes, the others have been reset, and it
    shows them the epochs they missed.

    Args:
        checkpoint: where to.
        kept: whose best weights are kept.
        phase: name of the phase.
        others: callbacks that count epochs (early stopping, plateau).
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
        """Restores weights, optimizer and the memory of the other callbacks."""
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
