import numpy as np

from components.sections import ModelSection
from components.trainer.bottleneck import head_after_pooling, pooled_features
from components.trainer.network import build_network

SCRATCH = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8), dense=(5,))


def test_features_and_head_give_what_the_classifier_gives(write_split):
    split = write_split("train", [0, 1, 1])
    network = build_network(SCRATCH, split.data)
    features, labels = next(iter(pooled_features(network, split).batch(3)))
    assert features.shape == (3, 8)
    np.testing.assert_array_equal(labels, [[1, 0], [0, 1], [0, 1]])
    pixels, _ = next(iter(split.batches(3)))
    np.testing.assert_allclose(
        head_after_pooling(network)(features),
        network.classifier(pixels, training=False),
        atol=1e-5,
    )


def test_the_head_is_shared_not_copied(write_split):
    network = build_network(SCRATCH, write_split("train", [0, 1]).data)
    head = head_after_pooling(network)
    head.set_weights([np.zeros_like(weight) for weight in head.get_weights()])
    answer = network.classifier(np.ones((1, 16, 16, 1), "float32"))
    np.testing.assert_allclose(answer, 0.5)
