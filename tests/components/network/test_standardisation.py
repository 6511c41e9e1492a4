import keras
import numpy as np

from components.network.standardisation import set_statistics, standardisation


def test_features_come_to_mean_0_and_deviation_1_and_stay_so_in_training():
    drawn = np.random.default_rng(0).normal([5.0, -2.0, 0.0], [3.0, 0.01, 1.0], (500, 3))
    features = drawn.astype(np.float32)
    head = keras.Sequential([keras.Input((3,)), standardisation()])
    np.testing.assert_allclose(head(features), features, atol=1e-4)
    set_statistics(head, features)
    for training in (False, True):
        found = np.asarray(head(features, training=training))
        np.testing.assert_allclose(found.mean(0), 0, atol=1e-3)
        np.testing.assert_allclose(found.std(0), 1, atol=1e-2)
    assert not head.trainable_variables and len(head.weights) == 2


def test_a_feature_that_never_changes_stays_finite():
    head = keras.Sequential([keras.Input((1,)), standardisation()])
    set_statistics(head, np.full((4, 1), 7.0, "float32"))
    np.testing.assert_allclose(head(np.full((2, 1), 7.0, "float32")), 0)
