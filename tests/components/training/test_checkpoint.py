import json

import keras
import pytest

from components.training.checkpoint import Checkpoint


@pytest.fixture
def model() -> keras.Model:
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile("adam", "mse")
    return network


def epoch(checkpoint: Checkpoint, model: keras.Model, value: float) -> None:
    model.set_weights([weight * 0 + value for weight in model.get_weights()])
    checkpoint.save_epoch(model, model, "head", {checkpoint.monitor: value})


def test_the_best_epoch_can_be_loaded_after_a_restart(tmp_path, model):
    checkpoint = Checkpoint(tmp_path, "val_loss")
    for value in (0.9, 0.2, 0.5):
        epoch(checkpoint, model, value)
    again = Checkpoint(tmp_path, "val_loss")
    assert [logs["val_loss"] for logs in again.epochs_done("head")] == [0.9, 0.2, 0.5]
    again.load_best(model)
    assert model.get_weights()[0][0, 0] == pytest.approx(0.2)


def test_an_accuracy_is_best_when_highest(tmp_path, model):
    checkpoint = Checkpoint(tmp_path, "val_balanced_accuracy")
    for value in (0.4, 0.8, 0.6):
        epoch(checkpoint, model, value)
    checkpoint.load_best(model)
    assert model.get_weights()[0][0, 0] == pytest.approx(0.8)


def test_only_the_weights_in_use_stay_on_disk(tmp_path, model):
    checkpoint = Checkpoint(tmp_path, "val_loss")
    for value in (0.9, 0.2, 0.5, 0.6):
        epoch(checkpoint, model, value)
    assert {path.name for path in tmp_path.glob("*.h5")} == {
        "best-2.weights.h5",
        "last-4.weights.h5",
    }


def test_a_kill_while_saving_leaves_the_epoch_before(tmp_path, model, monkeypatch):
    checkpoint = Checkpoint(tmp_path, "val_loss")
    epoch(checkpoint, model, 0.9)

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("components.training.checkpoint.write_atomically", killed)
    with pytest.raises(KeyboardInterrupt):
        epoch(checkpoint, model, 0.2)
    again = Checkpoint(tmp_path, "val_loss")
    assert len(again.epochs_done("head")) == 1
    assert (tmp_path / again.state.last_file).exists()
    again.load_best(model)
    assert model.get_weights()[0][0, 0] == pytest.approx(0.9)


def test_the_state_is_plain_json_without_infinities(tmp_path, model):
    checkpoint = Checkpoint(tmp_path, "val_loss")
    epoch(checkpoint, model, 0.9)
    state = json.loads((tmp_path / "state.json").read_text(), parse_constant=pytest.fail)
    assert state["best"] == 0.9


def test_nothing_is_left_after_the_work(tmp_path, model):
    checkpoint = Checkpoint(tmp_path / "folder", "val_loss")
    epoch(checkpoint, model, 0.9)
    checkpoint.remove()
    assert not (tmp_path / "folder").exists()
