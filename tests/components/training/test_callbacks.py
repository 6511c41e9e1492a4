import keras
import pytest

from components.recipe.training import TrainingSection
from components.training.callbacks import ReportEpochs, learning_rate, stopping_callbacks


def test_batches_of_the_phase_and_what_was_reached(heard):
    callback = ReportEpochs("head", epochs=2, steps=3)
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(0)
    callback.on_epoch_end(0, {"val_loss": 0.5, "val_balanced_accuracy": 0.75})
    callback.on_epoch_begin(1)
    callback.on_train_batch_end(2)
    assert [(r.done, r.total, r.unit) for r in heard] == [
        (1, 6, "head batches"),
        (3, 6, "head batches"),
        (6, 6, "head batches"),
    ]
    assert heard[0].detail == "epoch 1 of at most 2"
    assert heard[2].detail == ("epoch 2 of at most 2, val_loss 0.500, val_balanced_accuracy 0.750")


@pytest.mark.parametrize(("schedule", "kinds"), [("plateau", 2), ("constant", 1), ("cosine", 1)])
def test_the_rate_falls_on_a_plateau_only_if_wanted(schedule, kinds):
    found = stopping_callbacks(TrainingSection(schedule=schedule))
    assert isinstance(found[0], keras.callbacks.EarlyStopping)
    assert len(found) == kinds


def test_cosine_ends_at_zero():
    rate = learning_rate(TrainingSection(schedule="cosine"), 0.01, steps=100)
    assert float(rate(0)) == pytest.approx(0.01)
    assert float(rate(100)) == pytest.approx(0.0, abs=1e-9)


def test_an_accuracy_is_watched_upwards():
    section = TrainingSection.model_validate(
        {"early_stopping": {"monitor": "val_balanced_accuracy"}}
    )
    assert stopping_callbacks(section)[0].mode == "max"
