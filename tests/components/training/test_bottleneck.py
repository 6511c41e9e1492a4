import numpy as np

from components.network.network import build_network
from components.recipe.model import ModelSection
from components.training.bottleneck import as_examples, head_with_probabilities, pooled_features

SCRATCH = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8), dense=(5,))


def test_features_and_head_give_what_the_classifier_gives(write_split):
    split = write_split("train", [0, 1, 1])
    network = build_network(SCRATCH, split.data)
    features = pooled_features(network, split)
    assert features.shape == (3, 8) and features.dtype == np.float32
    pixels, _ = next(iter(split.batches(3)))
    np.testing.assert_allclose(
        head_with_probabilities(network)(features),
        network.classifier(pixels, training=False),
        atol=1e-5,
    )


def test_mirror_images_follow_the_images(write_split):
    split = write_split("train", [0, 1, 1])
    network = build_network(SCRATCH, split.data)
    features = pooled_features(network, split, mirrored=True)
    pixels, _ = next(iter(split.batches(3)))
    for found, view in ((features[:3], pixels), (features[3:], pixels[:, :, ::-1])):
        expected = network.pooling(network.feature_maps(view))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(features[:3], features[3:], atol=1e-3)


def test_examples_pair_features_with_one_hot_labels():
    examples = as_examples(np.zeros((3, 2), np.float32), np.array([0, 1, 1]), 2)
    features, labels = next(iter(examples.batch(3)))
    assert features.shape == (3, 2)
    np.testing.assert_array_equal(labels, [[1, 0], [0, 1], [0, 1]])


def test_the_head_is_shared_not_copied(write_split):
    network = build_network(SCRATCH, write_split("train", [0, 1]).data)
    head = head_with_probabilities(network)
    head.set_weights([np.zeros_like(weight) for weight in head.get_weights()])
    answer = network.classifier(np.ones((1, 16, 16, 1), "float32"))
    np.testing.assert_allclose(answer, 0.5)
