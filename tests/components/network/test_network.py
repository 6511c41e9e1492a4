import keras
import numpy as np
import pytest

from components.network.contrast import LocalContrast
from components.network.network import build_network
from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.training.phases import freeze
from tests.data_section import data_section


def data(**changes) -> DataSection:
    return data_section("a", "b", "c", **{"image_size": 32} | changes)


def scratch(**changes) -> ModelSection:
    return ModelSection.model_validate(
        {"backbone": "scratch_cnn", "weights": "none", "filters": [4, 8]} | changes
    )


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


def test_the_small_network_of_the_radiography_report_has_its_size():
    model = scratch(
        filters=[32, 64, 128, 512], padding="valid", batch_norm=False, pooling="flatten",
        dense=[512], dropout=0.5,
    )  # fmt: skip
    classes = ["a", "b", "c", "d"]
    network = build_network(model, data(classes=classes, image_size=150))
    assert network.classifier.count_params() == 13_531_204


# === Several backbones, several levels ===

# Grids of 8 and of 1 pixel, at 32 pixels.
MEMBERS = [{"backbone": "scratch_cnn"}, {"backbone": "mobilenet", "alpha": 0.25}]


def several(**changes) -> ModelSection:
    values = {"members": MEMBERS, "weights": "none", "filters": [4, 8]}
    return ModelSection.model_validate(values | changes)


def pixels_of(count, channels=3):
    return np.random.default_rng(0).uniform(0, 255, (count, 32, 32, channels)).astype("float32")


@pytest.mark.parametrize(("levels", "widths"), [(1, [8, 256]), (2, [8, 8, 128, 256])])
def test_the_vector_holds_every_level_of_every_member(levels, widths):
    network = build_network(several(levels=levels), data())
    maps = network.feature_maps(pixels_of(2))
    assert [found.shape[-1] for found in maps] == widths
    assert [found.shape[-1] for found in network.last_maps(maps)] == [8, 256]
    vector = network.pooling(maps)
    expected = np.concatenate([np.mean(found, (1, 2)) for found in maps], -1)
    np.testing.assert_allclose(vector, expected, rtol=1e-4, atol=1e-5)
    (kernel,) = [w for w in network.head.weights if len(w.shape) == 2]
    assert kernel.shape == (sum(widths), 3)


def test_each_member_gets_the_pixels_it_was_trained_on():
    members = [{"backbone": "mobilenet", "alpha": 0.25}, {"backbone": "vgg16"}]
    network = build_network(several(members=members), data())
    pixels = pixels_of(2)
    modules = (keras.applications.mobilenet, keras.applications.vgg16)
    for place, (module, backbone) in enumerate(zip(modules, network.backbones, strict=True)):
        expected = backbone(module.preprocess_input(pixels.copy()), training=False)
        found = network.feature_maps(pixels)[place]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_the_same_backbone_may_be_a_member_twice():
    network = build_network(several(members=[MEMBERS[0], MEMBERS[0]]), data())
    first, second = network.feature_maps(pixels_of(1))
    assert first.shape == second.shape
    assert not np.allclose(first, second)


def test_a_member_sees_the_images_at_its_own_size():
    members = [{"backbone": "mobilenet", "alpha": 0.25, "size": 64}, MEMBERS[1]]
    network = build_network(several(members=members), data())
    pixels = pixels_of(2)
    for size, backbone, found in zip(
        (64, 32), network.backbones, network.feature_maps(pixels), strict=True
    ):
        seen = keras.ops.image.resize(pixels, (size, size), antialias=True)
        expected = backbone(seen / 127.5 - 1, training=False)
        assert found.shape == (2, size // 32, size // 32, 256)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_a_member_sees_the_images_in_its_own_contrast():
    members = [{"backbone": "mobilenet", "alpha": 0.25, "contrast": "clahe"}, MEMBERS[1]]
    network = build_network(several(members=members), data())
    pixels = pixels_of(2)
    for seen, backbone, found in zip(
        (LocalContrast()(pixels), pixels),
        network.backbones,
        network.feature_maps(pixels),
        strict=True,
    ):
        expected = backbone(seen / 127.5 - 1, training=False)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_averaged_members_are_the_mean_of_their_probabilities():
    network = build_network(several(combine="average"), data())
    pixels = pixels_of(4)
    vector = network.pooling(network.feature_maps(pixels))
    probabilities = []
    for place, part in enumerate((vector[:, :8], vector[:, 8:])):
        layer = network.head.get_layer(f"logits_{place}")
        probabilities.append(keras.ops.softmax(layer(part)))
    assert not np.allclose(probabilities[0], probabilities[1], atol=1e-3)
    np.testing.assert_allclose(network.classifier(pixels), np.mean(probabilities, 0), atol=1e-5)


def test_one_sigmoid_unit_probabilities_for_two_classes():
    network = build_network(scratch(head="sigmoid"), data(classes=["no", "yes"]))
    layer = network.head.get_layer("logits")
    assert layer.kernel.shape == (8, 1)
    pixels = pixels_of(4)
    yes = keras.ops.sigmoid(layer(network.pooling(network.feature_maps(pixels))))[:, 0]
    probabilities = np.asarray(network.classifier(pixels))
    np.testing.assert_allclose(probabilities, np.stack([1 - yes, yes], -1), atol=1e-6)


def test_a_mirror_average_does_not_see_left_and_right():
    network = build_network(scratch(flip_tta=True), data())
    pixels = pixels_of(3)
    (vector, probabilities), (_, mirrored) = map(network.predict, (pixels, pixels[:, :, ::-1]))
    np.testing.assert_allclose(probabilities, mirrored, atol=1e-6)
    both = [network.classifier(pixels), network.classifier(pixels[:, :, ::-1])]
    assert not np.allclose(*both, atol=1e-4)
    np.testing.assert_allclose(probabilities, np.mean(both, 0), atol=1e-6)
    np.testing.assert_allclose(vector, network.pooling(network.feature_maps(pixels)), atol=1e-6)


# === Members that share a backbone ===

ALIKE = [
    {"backbone": "mobilenet", "alpha": 0.25},
    {"backbone": "mobilenet", "alpha": 0.25, "contrast": "clahe"},
]


@pytest.mark.parametrize("flip_tta", [False, True])
def test_members_that_share_a_backbone_predict_as_if_each_had_its_own(weights_file, flip_tta):
    model = several(members=ALIKE, weights=str(weights_file), levels=2, flip_tta=flip_tta)
    apart, shared = (build_network(model, data(), frozen=frozen) for frozen in (False, True))
    shared.head.set_weights(apart.head.get_weights())
    assert (len(apart.backbones), len(shared.backbones)) == (2, 1)
    pixels = pixels_of(3)
    assert np.ptp(apart.predict(pixels)[1]) > 0.01
    for found, expected in zip(shared.predict(pixels), apart.predict(pixels), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(shared.classifier(pixels), apart.classifier(pixels), atol=1e-5)


def test_members_alike_in_everything_share_their_maps(weights_file):
    model = several(members=[ALIKE[0], ALIKE[0]], weights=str(weights_file))
    first, second = build_network(model, data(), frozen=True).feature_maps(pixels_of(2))
    np.testing.assert_array_equal(first, second)


def test_other_members_do_not_share(weights_file):
    other = {"backbone": "mobilenet", "alpha": 0.25, "size": 64}
    model = several(members=[ALIKE[0], other], weights=str(weights_file))
    network = build_network(model, data(), frozen=True)
    assert len(network.backbones) == 2
    assert [one.shape[1] for one in network.feature_maps(pixels_of(1))] == [1, 2]


def test_of_a_network_with_shared_backbones_the_head_alone_is_trained(weights_file):
    model = several(members=ALIKE, weights=str(weights_file))
    network = build_network(model, data(), frozen=True)
    for backbone in network.backbones:
        freeze(backbone, 0, pretrained=True)
    trained = [id(one) for one in network.classifier.trainable_variables]
    assert trained == [id(one) for one in network.head.trainable_variables]
