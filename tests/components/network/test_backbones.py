import keras
import pytest

from components.network.backbones import BACKBONES, build_backbone, find_backbone
from components.recipe.model import ModelSection
from components.runtime.errors import RecipeError


def scratch(**changes) -> ModelSection:
    return ModelSection.model_validate(
        {"backbone": "scratch_cnn", "weights": "none", "filters": [4, 8]} | changes
    )


def test_every_backbone_exists_in_keras():
    assert [n for n, b in BACKBONES.items() if not hasattr(keras.applications, b.builder)] == []


def test_unknown_backbone_says_what_is_known():
    with pytest.raises(
        RecipeError, match=r"'mobilnet_v2' is not known. Did you mean 'mobilenet_v2'"
    ):
        find_backbone("mobilnet_v2")


def test_too_many_blocks_for_the_size():
    with pytest.raises(RecipeError, match="32 pixels are too few"):
        build_backbone(scratch(filters=[4] * 6), 32, 3)


def test_too_small_an_image_for_the_backbone():
    with pytest.raises(RecipeError, match="inception_v3"):
        build_backbone(ModelSection(backbone="inception_v3"), 32, 3)


def test_dropout_stands_between_convolution_and_pooling():
    backbone = build_backbone(scratch(batch_norm=False, block_dropout=0.25), 32, 1)
    kinds = [type(layer).__name__ for layer in backbone.layers]
    assert kinds == ["InputLayer", *["Conv2D", "ReLU", "Dropout", "MaxPooling2D"] * 2]
