import json

import keras
import numpy as np
import pytest

from components.network.network import build_network
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.training.bottleneck import pooled_features
from components.training.checkpoint import Checkpoint
from components.training.fit import Fitter
from components.training.phases import HEAD, Phase

SCRATCH = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))


def training(**changes) -> TrainingSection:
    values = {"epochs": 4, "batch_size": 8, "learning_rate": 0.01, "schedule": "constant"}
    return TrainingSection.model_validate(values | changes)


@pytest.fixture
def splits(write_split):
    return write_split("train", [0, 1] * 12), write_split("eval", [0, 1] * 4, seed=1)


def make_fitter(splits, section, folder, model=SCRATCH) -> Fitter:
    keras.utils.set_random_seed(section.seed)
    train, eval_split = splits
    network = build_network(model, train.data)
    checkpoint = Checkpoint(folder / "checkpoint", section.early_stopping.monitor)
    return Fitter(network, model, section, train, eval_split, checkpoint, folder / "logs")


class Killed(BaseException):
    """As a kill would, it passes every `except Exception`."""


def kill_after(fitter: Fitter, epoch: int) -> None:
    """Lets the training die in the epoch after `epoch`, in the middle of a batch."""
    save = fitter._checkpoint.save_epoch

    def save_then_die(*args):
        save(*args)
        if len(fitter._checkpoint.epochs_done(HEAD)) == epoch:
            raise Killed

    fitter._checkpoint.save_epoch = save_then_die


def test_it_learns(splits, tmp_path):
    fitter = make_fitter(splits, training(epochs=8), tmp_path)
    history = fitter.fit()
    assert history[HEAD][-1]["val_loss"] < history[HEAD][0]["val_loss"]
    pixels, labels = next(iter(splits[1].batches(8)))
    answers = np.argmax(fitter._network.classifier(pixels), -1)
    np.testing.assert_array_equal(answers, labels.numpy().argmax(-1))


def test_the_best_epoch_is_kept_not_the_last(write_split, tmp_path):
    # The better it learns, the worse it looks on an eval split that lies.
    splits = write_split("train", [0, 1] * 12), write_split("eval", [0, 1] * 4, lie=True)
    fitter = make_fitter(splits, training(), tmp_path)
    losses = [logs["val_loss"] for logs in fitter.fit()[HEAD]]
    assert min(losses) < losses[-1]
    pixels, labels = next(iter(splits[1].batches(8)))
    found = keras.losses.CategoricalCrossentropy()(labels, fitter._network.classifier(pixels))
    assert float(found) == pytest.approx(min(losses), rel=1e-3)


def test_after_a_kill_it_goes_on_from_the_last_epoch(splits, tmp_path):
    # No epoch can be better than the first by 10: patience runs out after 3 more, whoever did them.
    section = training(epochs=9, early_stopping={"patience": 3, "min_delta": 10.0})
    killed = make_fitter(splits, section, tmp_path)
    kill_after(killed, 2)
    with pytest.raises(Killed):
        killed.fit()
    before = json.loads((tmp_path / "checkpoint" / "state.json").read_text())["history"][HEAD]

    history = make_fitter(splits, section, tmp_path).fit()
    assert history[HEAD][:2] == before  # what was done is not done again
    assert len(history[HEAD]) == 4
    # The optimizer came back with the weights: the loss goes on falling, it does not start again.
    assert history[HEAD][2]["loss"] < history[HEAD][0]["loss"]


def test_a_finished_training_is_not_repeated(splits, tmp_path):
    section = training(epochs=2)
    first = make_fitter(splits, section, tmp_path)
    history = first.fit()
    first.refit()  # not asked for: nothing happens
    again = make_fitter(splits, section, tmp_path)
    assert again.fit() == history
    for found, expected in zip(
        again._network.classifier.get_weights(),
        first._network.classifier.get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)


def test_same_seed_same_weights(splits, tmp_path):
    weights = []
    for name in ("one", "two"):
        fitter = make_fitter(splits, training(epochs=1), tmp_path / name)
        fitter.fit()
        weights.append(fitter._network.classifier.get_weights())
    for one, two in zip(*weights, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"balance": "sampling", "schedule": "cosine"},
        {
            "loss": "binary_crossentropy",
            "augmentation": {"flip": True, "zoom": 0.1, "brightness": 0.1},
        },
        {"label_smoothing": 0.1, "schedule": "plateau", "balance": "oversample"},
        {"loss": "mse", "balance": "undersample"},
        {
            "loss": "focal",
            "balance": "augmented_copies",
            "augmentation": {"rotation": 0.1, "noise": 0.1},
        },
    ],
)
def test_every_switch_trains(splits, tmp_path, changes):
    history = make_fitter(splits, training(epochs=2, **changes), tmp_path).fit()
    assert len(history[HEAD]) == 2
    assert np.isfinite(history[HEAD][-1]["loss"])


def test_augmentation_is_not_part_of_what_is_exported(splits, tmp_path):
    fitter = make_fitter(splits, training(augmentation={"brightness": 1.0}), tmp_path)
    trained, *_ = fitter._prepared(fitter._phases[0])
    assert "augmentation" in [layer.name for layer in trained.layers]
    assert "augmentation" not in [layer.name for layer in fitter._network.classifier.layers]


def test_with_mirror_images_an_epoch_is_twice_as_long(splits, tmp_path):
    fitter = make_fitter(splits, training(balance="none"), tmp_path)
    for mirrored, steps in ((False, 3), (True, 6)):  # 24 images, 8 a batch
        phase = Phase(HEAD, 1, 0.1, layers=0, augmented=False, mirrored=mirrored)
        _, train, watched, labels = fitter._prepared(phase)
        assert (int(train.cardinality()), len(labels)) == (steps, 8 * steps)
        assert int(watched.cardinality()) == 1


@pytest.mark.parametrize("balance", ["weights", "sampling"])
def test_training_on_features_trains_the_head_that_is_exported(splits, tmp_path, balance):
    section = training(epochs=12, learning_rate=0.02, balance=balance)
    fitter = make_fitter(splits, section, tmp_path)
    frozen = Phase(HEAD, 12, 0.02, layers=0, augmented=False)
    fitter._phases = [frozen]
    before = [w.copy() for w in fitter._network.backbones[0].get_weights()]
    history = fitter.fit()
    for found, expected in zip(fitter._network.backbones[0].get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)
    # What it saw on vectors is what the whole classifier answers on pixels.
    pixels, labels = next(iter(splits[1].batches(8)))
    loss = keras.losses.CategoricalCrossentropy()(labels, fitter._network.classifier(pixels))
    assert float(loss) == pytest.approx(min(x["val_loss"] for x in history[HEAD]), rel=1e-3)
    assert min(x["val_loss"] for x in history[HEAD]) < history[HEAD][0]["val_loss"]


STANDARDISED = SCRATCH.model_copy(update={"standardise": True, "l2": 0.01})


@pytest.mark.parametrize("on_features", [True, False])
def test_features_are_standardised_as_they_are_before_training(splits, tmp_path, on_features):
    fitter = make_fitter(splits, training(epochs=2), tmp_path, STANDARDISED)
    layers = 0 if on_features else -1
    fitter._phases = [Phase(HEAD, 2, 0.01, layers=layers, augmented=False)]
    features = pooled_features(fitter._network, splits[0])
    assert np.isfinite(fitter.fit()[HEAD][-1]["val_loss"])
    layer = fitter._network.head.get_layer("standardisation")
    np.testing.assert_allclose(layer.moving_mean, features.mean(0), rtol=1e-3, atol=1e-4)
    standardised = layer(features)
    np.testing.assert_allclose(np.mean(standardised, 0), 0, atol=1e-2)
    np.testing.assert_allclose(np.std(standardised, 0), 1, atol=2e-2)


def test_what_a_resumed_training_standardises_by_is_restored(splits, tmp_path):
    section = training(epochs=3)
    killed = make_fitter(splits, section, tmp_path, STANDARDISED)
    expected = pooled_features(killed._network, splits[0]).mean(0)  # before any training
    kill_after(killed, 2)
    with pytest.raises(Killed):
        killed.fit()
    resumed = make_fitter(splits, section, tmp_path, STANDARDISED)
    resumed.fit()
    layer = resumed._network.head.get_layer("standardisation")
    np.testing.assert_allclose(layer.moving_mean, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_refit_learns_from_the_eval_split_too(write_split, tmp_path, mirrored):
    # The few images of the train split lie, so that only the others can teach the truth.
    splits = write_split("train", [0, 1] * 4, lie=True), write_split("eval", [0, 1] * 20, seed=1)
    section = training(refit=True, learning_rate=0.05)
    fitter = make_fitter(splits, section, tmp_path, STANDARDISED)
    fitter._phases = [Phase(HEAD, 4, 0.05, layers=0, augmented=False, mirrored=mirrored)]
    history = fitter.fit()
    pixels, labels = next(iter(splits[1].batches(40)))
    truth = labels.numpy().argmax(-1)
    assert np.mean(np.argmax(fitter._network.classifier(pixels), -1) == truth) < 0.5
    fitter.refit()
    assert np.mean(np.argmax(fitter._network.classifier(pixels), -1) == truth) > 0.9
    layer = fitter._network.head.get_layer("standardisation")
    both = [pooled_features(fitter._network, split, mirrored) for split in splits]
    np.testing.assert_allclose(layer.moving_mean, np.concatenate(both).mean(0), rtol=1e-3)
    assert len(history[HEAD]) == 4 and fitter._checkpoint.best_epoch(HEAD) < 4


def test_a_killed_refit_can_be_done_again(splits, tmp_path):
    model = STANDARDISED.model_copy(update={"dropout": 0.0})
    weights = []
    for _ in range(2):
        fitter = make_fitter(splits, training(refit=True), tmp_path, model)
        fitter._phases = [Phase(HEAD, 4, 0.01, layers=0, augmented=False)]
        fitter.fit()
        fitter.refit()
        weights.append(fitter._network.head.get_weights())
    for found, expected in zip(*weights, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_penalty_keeps_the_weights_small(splits, tmp_path):
    norms = []
    for l2 in (0.0, 1.0):
        model = SCRATCH.model_copy(update={"l2": l2})
        fitter = make_fitter(splits, training(epochs=6), tmp_path / str(l2), model)
        fitter._phases = [Phase(HEAD, 6, 0.05, layers=0, augmented=False)]
        fitter.fit()
        norms.append(float(np.linalg.norm(fitter._network.head.get_layer("logits").kernel)))
    assert norms[1] < 0.3 * norms[0]


def test_of_a_frozen_network_the_head_alone_is_saved(splits, tmp_path):
    fitter = make_fitter(splits, training(), tmp_path)
    fitter._phases = [Phase(HEAD, 2, 0.02, layers=0, augmented=False)]
    fitter.fit()
    best = fitter._network.head.get_weights()
    fitter._network.head.set_weights([weight * 0 for weight in best])
    fitter._checkpoint.load_best(fitter._network.head)
    for found, expected in zip(fitter._network.head.get_weights(), best, strict=True):
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="could not be loaded"):
        fitter._checkpoint.load_best(fitter._network.classifier)
