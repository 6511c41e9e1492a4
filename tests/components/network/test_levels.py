import keras
import numpy as np
import pytest

from components.network.backbones import build_backbone
from components.network.levels import with_levels
from components.recipe.model import ModelSection
from components.runtime.errors import RecipeError


def backbone(name, size=64, **values):
    return build_backbone(ModelSection(backbone=name, weights="none", **values), size, 3)


@pytest.mark.parametrize(
    ("name", "size", "layers"),
    [
        ("mobilenet", 64, ["conv_pw_5_relu", "conv_pw_11_relu"]),
        ("mobilenet_v2", 64, ["block_6_expand_relu", "block_13_expand_relu"]),
        ("vgg16", 64, ["block4_conv3", "block5_conv3"]),
        ("resnet50", 64, ["conv3_block4_out", "conv4_block6_out"]),
        # With branches: no fragment of a block, but the block.
        ("inception_v3", 139, ["mixed2", "mixed7"]),
    ],
)
def test_a_level_is_the_last_map_of_a_resolution(name, size, layers):
    network = backbone(name, size)
    *earlier, last = with_levels(network, 3, "levels").outputs
    assert [id(map_) for map_ in earlier] == [id(network.get_layer(n).output) for n in layers]
    assert id(last) == id(network.output)
    sides = [map_.shape[1] for map_ in (*earlier, last)]
    assert sides == sorted(sides, reverse=True) and len(set(sides)) == 3


def test_one_level_is_the_output_itself():
    network = backbone("scratch_cnn", 32, filters=(4, 8))
    pixels = np.ones((1, 32, 32, 3), "float32")
    (found,) = keras.tree.flatten(with_levels(network, 1, "levels")(pixels))
    np.testing.assert_array_equal(found, network(pixels))


def test_layers_are_shared():
    network = backbone("scratch_cnn", 32, filters=(4, 8))
    levels = with_levels(network, 2, "levels")
    assert [id(weight) for weight in levels.weights] == [id(weight) for weight in network.weights]


def test_more_levels_than_resolutions_are_refused():
    with pytest.raises(RecipeError, match=r"model.levels is 9, and scratch_cnn has 2 resolutions"):
        with_levels(backbone("scratch_cnn", 32, filters=(4, 8)), 9, "levels")
