import importlib

import keras
import numpy as np
import pytest

from components.errors import RecipeError, WeightsError
from components.sections import DataSection, ModelSection
from components.trainer.backbones import BACKBONES, build_backbone, find_backbone
from components.trainer.network import PixelScaling, build_network

MODULE_OF = {  # whose preprocess_input is the published scaling
    "tf": "mobilenet_v2",
    "torch": "densenet",
    "caffe": "vgg19",
}


def data(**changes) -> DataSection:
    values = {
        "classes": ["a", "b", "c"],
        "image_size": 32,
        "patient": {"from": "each_file"},
    }
    return DataSection.model_validate(values | changes)


def scratch(**changes) -> ModelSection:
    return ModelSection.model_validate(
        {"backbone": "scratch_cnn", "weights": "none", "filters": [4, 8]} | changes
    )


@pytest.mark.parametrize("mode", sorted(MODULE_OF))
def test_scaling_is_that_of_keras_applications(mode):
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    module = importlib.import_module(f"keras.applications.{MODULE_OF[mode]}")
    expected = module.preprocess_input(pixels.copy())
    found = PixelScaling(mode, 0.0, 1.0, 3)(pixels)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_scaling_by_the_data_set():
    found = PixelScaling("dataset", 100.0, 50.0, 1)(np.full((1, 2, 2, 1), 150.0, "float32"))
    np.testing.assert_allclose(found, 1.0)


def test_every_backbone_exists_in_keras():
    assert [n for n, b in BACKBONES.items() if not hasattr(keras.applications, b.builder)] == []


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0", "mobilenet_v3_small"])
def test_grey_images_reach_a_three_channel_backbone(name):
    model = ModelSection(backbone=name, weights="none", alpha=1.0)
    network = build_network(model, data(color="grayscale"))
    out = network.classifier(np.zeros((2, 32, 32, 1), "float32"))
    assert out.shape == (2, 3)
    np.testing.assert_allclose(np.sum(out, -1), 1.0, rtol=1e-5)


def test_classifier_is_softmax_of_head_of_features():
    network = build_network(scratch(), data())
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    logits = network.head(network.pooling(network.feature_maps(pixels)))
    np.testing.assert_allclose(
        network.classifier(pixels), keras.ops.softmax(logits), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(("pooling", "width"), [("avg", 8), ("max", 8), ("flatten", 8 * 8 * 8)])
def test_pooling_and_dense_layers(pooling, width):
    network = build_network(scratch(pooling=pooling, dense=[5]), data())
    first = next(layer for layer in network.head.layers if isinstance(layer, keras.layers.Dense))
    assert first.kernel.shape == (width, 5)


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


def test_missing_weights_file_is_named():
    model = ModelSection(backbone="mobilenet_v2", weights="nowhere/x.weights.h5")
    with pytest.raises(WeightsError, match=r"nowhere/x.weights.h5.*no file is there"):
        build_network(model, data())
