"""Keras callbacks: early stopping, the learning rate, the progress line."""

import keras

from components.recipe.training import TrainingSection
from components.runtime import progress

Logs = dict[str, float]


def stopping_callbacks(training: TrainingSection) -> list[keras.callbacks.Callback]:
    """Returns early stopping and, with `schedule: plateau`, the halving of the learning rate."""
    stop = training.early_stopping
    mode = "max" if "accuracy" in stop.monitor else "min"
    found: list[keras.callbacks.Callback] = [
        keras.callbacks.EarlyStopping(
            stop.monitor, patience=stop.patience, min_delta=stop.min_delta, mode=mode
        )
    ]
    if training.schedule == "plateau":
        patience = max(1, stop.patience // 2)
        found.append(
            keras.callbacks.ReduceLROnPlateau(
                stop.monitor, factor=0.5, patience=patience, mode=mode
            )
        )
    return found


def learning_rate(
    training: TrainingSection, rate: float, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Returns the learning rate of a phase.

    Args:
        training: the recipe's section, with `schedule`.
        rate: learning rate at the start.
        steps: number of batches in the phase.

    Returns:
        `rate`, or a cosine schedule that falls to zero over `steps`.
    """
    if training.schedule == "cosine":
        return keras.optimizers.schedules.CosineDecay(rate, steps)
    return rate


class ReportEpochs(keras.callbacks.Callback):
    """Reports the progress of a phase: epoch, batch, and the latest metrics of the eval split.

    Args:
        phase: name of the phase. It is part of the unit, since the batches of one phase take
            another time than those of the next.
        epochs: largest number of epochs.
        steps: number of batches in an epoch.
    """

    def __init__(self, phase: str, epochs: int, steps: int):
        super().__init__()
        self._phase, self._epochs, self._steps = phase, epochs, steps
        self._epoch = 0
        self._reached = ""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Remembers the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Reports the batches; an epoch may take minutes."""
        self._report(self._epoch * self._steps + batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Reports the metrics of the eval split."""
        if logs and "val_loss" in logs:
            self._reached = (
                f", val_loss {logs['val_loss']:.3f}"
                f", val_balanced_accuracy {logs['val_balanced_accuracy']:.3f}"
            )
        self._report((epoch + 1) * self._steps)

    def _report(self, done: int) -> None:
        detail = f"epoch {self._epoch + 1} of at most {self._epochs}{self._reached}"
        progress.report(done, self._epochs * self._steps, f"{self._phase} batches", detail)
