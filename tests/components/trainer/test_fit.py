import json

import keras
import numpy as np
import pytest

from components.sections import ModelSection, TrainingSection
from components.trainer.checkpoint import Checkpoint
from components.trainer.fit import FINE_TUNING, HEAD, Fitter, Phase, freeze, phases
from components.trainer.network import build_network

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
    section = training(epochs=5)
    killed = make_fitter(splits, section, tmp_path)
    kill_after(killed, 2)
    with pytest.raises(Killed):
        killed.fit()
    before = json.loads((tmp_path / "checkpoint" / "state.json").read_text())["history"][HEAD]

    history = make_fitter(splits, section, tmp_path).fit()
    assert history[HEAD][:2] == before  # what was done is not done again
    assert len(history[HEAD]) == 5
    # The optimizer came back with the weights: the loss goes on falling, it does not start again.
    assert history[HEAD][2]["loss"] < history[HEAD][0]["loss"]


def test_early_stopping_remembers_what_was_before_the_kill(splits, tmp_path):
    # No epoch can be better by 10, so patience runs out after 3 epochs in all.
    section = training(epochs=9, early_stopping={"patience": 3, "min_delta": 10.0})
    killed = make_fitter(splits, section, tmp_path)
    kill_after(killed, 2)
    with pytest.raises(Killed):
        killed.fit()
    whole = make_fitter(splits, section, tmp_path / "whole").fit()
    resumed = make_fitter(splits, section, tmp_path).fit()
    assert len(resumed[HEAD]) == len(whole[HEAD]) < 9


def test_a_finished_training_is_not_repeated(splits, tmp_path):
    section = training(epochs=2)
    first = make_fitter(splits, section, tmp_path)
    history = first.fit()
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
        {"balance": "sampling"},
        {"schedule": "cosine"},
        {"augmentation": {"flip": True, "zoom": 0.1, "brightness": 0.1}},
        {"label_smoothing": 0.1, "schedule": "plateau"},
    ],
)
def test_every_switch_trains(splits, tmp_path, changes):
    history = make_fitter(splits, training(epochs=2, **changes), tmp_path).fit()
    assert len(history[HEAD]) == 2
    assert np.isfinite(history[HEAD][-1]["loss"])


def test_scratch_has_one_phase_and_pretrained_two():
    section = training(fine_tuning={"epochs": 3, "layers": 20})
    assert [(p.name, p.layers) for p in phases(SCRATCH, section)] == [(HEAD, -1)]
    pretrained = ModelSection(backbone="mobilenet_v2")
    assert [(p.name, p.layers) for p in phases(pretrained, section)] == [
        (HEAD, 0),
        (FINE_TUNING, 20),
    ]


@pytest.mark.parametrize(("layers", "learning"), [(0, 0), (5, 5), (-1, None)])
def test_batch_norms_of_a_pretrained_backbone_stay_frozen(layers, learning):
    backbone = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(32, 32, 3), alpha=0.35
    )
    freeze(backbone, layers, pretrained=True)
    norms = [x for x in backbone.layers if isinstance(x, keras.layers.BatchNormalization)]
    assert norms and not any(norm.trainable_variables for norm in norms)
    trained = [layer for layer in backbone.layers if layer.trainable_variables]
    if learning is None:
        assert len(trained) == sum(bool(x.variables) for x in backbone.layers) - len(norms)
    else:
        assert len(trained) <= learning
        assert all(layer in backbone.layers[len(backbone.layers) - layers :] for layer in trained)


def test_augmentation_is_not_part_of_what_is_exported(splits, tmp_path):
    fitter = make_fitter(splits, training(augmentation={"brightness": 1.0}), tmp_path)
    trainee, _, _ = fitter._material(fitter._phases[0])
    assert "augmentation" in [layer.name for layer in trainee.layers]
    assert "augmentation" not in [layer.name for layer in fitter._network.classifier.layers]


def test_only_an_unchanging_frozen_backbone_is_computed_once():
    pretrained = ModelSection(backbone="mobilenet_v2")
    flips = {"augmentation": {"flip": True}}
    assert phases(pretrained, training())[0].on_features
    assert not phases(pretrained, training(**flips))[0].on_features
    assert phases(pretrained, training(**flips, augment_head=False))[0].on_features
    assert not phases(SCRATCH, training())[0].on_features
    tuned = training(**flips, augment_head=False, fine_tuning={"epochs": 1})
    assert [phase.augmented for phase in phases(pretrained, tuned)] == [False, True]


@pytest.mark.parametrize("balance", ["weights", "sampling"])
def test_training_on_features_trains_the_head_that_is_exported(splits, tmp_path, balance):
    section = training(epochs=12, learning_rate=0.02, balance=balance)
    fitter = make_fitter(splits, section, tmp_path)
    frozen = Phase(HEAD, 12, 0.02, layers=0, augmented=False)
    fitter._phases = [frozen]
    before = [w.copy() for w in fitter._network.backbone.get_weights()]
    history = fitter.fit()
    for found, expected in zip(fitter._network.backbone.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)
    # What it saw on vectors is what the whole classifier answers on pixels.
    pixels, labels = next(iter(splits[1].batches(8)))
    loss = keras.losses.CategoricalCrossentropy()(labels, fitter._network.classifier(pixels))
    assert float(loss) == pytest.approx(min(x["val_loss"] for x in history[HEAD]), rel=1e-3)
    assert min(x["val_loss"] for x in history[HEAD]) < history[HEAD][0]["val_loss"]
