"""Images of one kind: a smooth bright shape whose place and strength vary, in 32 pixels."""

import keras
import numpy as np
import pytest
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import load_sample_image

from components.uncertainty.out_of_distribution import describe, fit_ood_detector, limit_of, look

SIZE = 32


def shapes(count, seed):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    centre = rng.normal(0.5, 0.05, (count, 2, 1, 1))
    strength = rng.uniform(120, 200, (count, 1, 1))
    far = (y - centre[:, 0]) ** 2 + (x - centre[:, 1]) ** 2
    noise = rng.normal(0, 3, (count, SIZE, SIZE))
    return np.clip(strength * np.exp(-far / 0.05) + noise, 0, 255).astype(np.float32)[..., None]


@pytest.fixture(scope="module")
def network():
    """Pools the answers of random filters, as a network that learned little."""
    keras.utils.set_random_seed(0)
    pixels = keras.Input((SIZE, SIZE, 1))
    x = keras.layers.Conv2D(8, 5, activation="relu")(pixels)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))


@pytest.fixture(scope="module")
def ood_detector(network):
    pixels = shapes(200, seed=1)
    return fit_ood_detector(network(pixels).numpy(), look(pixels).numpy())


def distances(ood_detector, network, pixels):
    return np.asarray(ood_detector.distance(describe(pixels, network(pixels))))


def photographs():
    """Two photographs of scikit-learn's, grey."""
    pixels = [load_sample_image(name).mean(-1) for name in ("china.jpg", "flower.jpg")]
    return keras.ops.image.resize(
        np.array(pixels, np.float32)[..., None], (SIZE, SIZE), antialias=True
    ).numpy()


def test_images_of_another_kind_are_further_away_than_any_of_the_kind(ood_detector, network):
    known = distances(ood_detector, network, shapes(300, seed=2))
    noise = np.random.default_rng(3).uniform(0, 255, (4, SIZE, SIZE, 1)).astype(np.float32)
    others = np.concatenate([255 - shapes(4, seed=4), noise, photographs()])
    assert distances(ood_detector, network, others).min() > known.max()


def test_the_distance_is_that_of_the_gaussian(ood_detector, network):
    """Against scikit-learn's Mahalanobis distance by the same covariance, written out in full."""
    pixels = shapes(5, seed=6)
    z = (describe(pixels, network(pixels)).numpy() - ood_detector.mean) / ood_detector.scale
    along = ood_detector.directions.T * (ood_detector.variances - ood_detector.noise)
    oracle = EmpiricalCovariance(assume_centered=True)
    oracle.location_ = np.zeros(z.shape[1])
    oracle._set_covariance(
        along @ ood_detector.directions + ood_detector.noise * np.eye(z.shape[1])
    )
    np.testing.assert_allclose(
        np.exp(distances(ood_detector, network, pixels)), oracle.mahalanobis(z), rtol=1e-3
    )


@pytest.mark.parametrize("count", [99, 150, 400])
def test_the_next_image_is_a_false_alarm_as_seldom_as_was_asked(count):
    """For a skewed distribution too: over many eval splits, at most 1 in 100."""
    rng = np.random.default_rng(7)
    drawn = rng.exponential(1, (3000, count + 1)).astype(np.float32)
    alarms = [one[-1] > limit_of(one[:-1], 0.01) for one in drawn]
    assert 0.002 < np.mean(alarms) < 0.015


@pytest.mark.parametrize(("gap", "beyond"), [(0.0, 1), (1e-6, 1), (1e-3, 1), (0.1, 2)])
def test_rounding_moves_no_image_across_the_limit(gap, beyond):
    """Also where the next image is almost as far away as the one that sets the limit."""
    found = np.append(np.linspace(5, 6, 148), [6.0 + gap, 7.0]).astype(np.float32)
    limit = limit_of(found, 0.02)
    assert np.abs(found - limit).min() > 9e-4
    assert (found > limit).sum() == beyond


def test_of_few_images_none_lies_beyond_the_limit():
    few = np.random.default_rng(8).normal(3, 1, 20).astype(np.float32)
    assert few.max() < limit_of(few, 0.01) < few.max() + 3
    one_far = np.append(np.zeros(30), 9).astype(np.float32)  # further than a normal distribution's
    assert 9 < limit_of(one_far, 0.02) < 9.01
    assert limit_of(few[:1], 0.01) == np.inf


def test_a_feature_that_never_changes_does_no_harm():
    rng = np.random.default_rng(9)
    vectors = np.concatenate([rng.normal(0, 1, (50, 3)), np.full((50, 1), 7)], 1)
    found = fit_ood_detector(
        np.array(vectors, np.float32), rng.normal(0, 1, (50, 4)).astype(np.float32)
    )
    assert np.isfinite(np.asarray(found.distance(np.float32(rng.normal(0, 1, (3, 8)))))).all()
