import keras
import pytest

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.training.phases import FINE_TUNING, HEAD, freeze, head_alone, phases

SCRATCH = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))


def training(**changes) -> TrainingSection:
    return TrainingSection.model_validate(changes)


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


def test_only_an_unchanging_frozen_backbone_is_computed_once():
    pretrained = ModelSection(backbone="mobilenet_v2")
    turns = {"augmentation": {"flip": True, "rotation": 0.1}}
    assert phases(pretrained, training())[0].on_features
    assert not phases(pretrained, training(**turns))[0].on_features
    assert phases(pretrained, training(**turns, augment_head=False))[0].on_features
    assert not phases(SCRATCH, training())[0].on_features
    tuned = training(**turns, augment_head=False, fine_tuning={"epochs": 1})
    assert [phase.augmented for phase in phases(pretrained, tuned)] == [False, True]


def test_flips_alone_are_computed_once_too():
    flips = {"augmentation": {"flip": True}, "fine_tuning": {"epochs": 1}}
    head, tuned = phases(ModelSection(backbone="mobilenet_v2"), training(**flips))
    assert head.on_features and head.mirrored
    assert tuned.augmented and not tuned.mirrored
    assert [(p.augmented, p.mirrored) for p in phases(SCRATCH, training(**flips))] == [
        (True, False)
    ]
    unmirrored = phases(
        ModelSection(backbone="mobilenet_v2"), training(**flips, augment_head=False)
    )
    assert unmirrored[0].on_features and not unmirrored[0].mirrored


def test_fine_tuning_and_random_weights_change_backbones():
    frozen = ModelSection(backbone="mobilenet_v2")
    tuned = TrainingSection.model_validate({"fine_tuning": {"epochs": 1}})
    assert head_alone(frozen, TrainingSection())
    assert not head_alone(frozen, tuned)
    assert not head_alone(ModelSection(backbone="scratch_cnn"), TrainingSection())
