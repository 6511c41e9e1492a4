"""Grad-CAM against its closed form, and against where the lesion is."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from components.network.network import Network, build_network
from components.recipe.model import ModelSection
from components.trainer.grad_cam import average, grad_cam
from tests.data_section import data_section

SIDE, RADIUS = 64, 8
DATA = data_section("clear", "lesion", image_size=SIDE, color="grayscale")
# Global average pooling and one Dense layer: the case that has a closed form.
MODEL = ModelSection(backbone="scratch_cnn", weights="none", filters=(8, 16), dropout=0.0)


def films(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draws noisy films, every other one with a soft disc: pixels, class, (row, column)."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(110, 25, (count, SIDE, SIDE))
    centres = rng.uniform(RADIUS, SIDE - RADIUS, (count, 2))
    labels = np.arange(count) % 2
    rows, columns = np.mgrid[:SIDE, :SIDE]
    for index in np.flatnonzero(labels):
        distance = np.hypot(rows - centres[index, 0], columns - centres[index, 1])
        pixels[index] += 90 * np.clip(1.5 - distance / RADIUS, 0, 1)
    return np.clip(pixels, 0, 255)[..., None].astype(np.float32), labels, centres


def heatmaps(network: Network, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _, probabilities, maps = grad_cam(network, tf.constant(pixels))
    return probabilities.numpy(), maps.numpy()


@pytest.fixture(scope="module")
def network() -> Network:
    keras.utils.set_random_seed(3)
    found = build_network(MODEL, DATA)
    pixels, labels, _ = films(600, seed=1)
    found.classifier.compile("adam", "sparse_categorical_crossentropy")
    found.classifier.fit(pixels, labels, batch_size=30, epochs=6, verbose=0)
    return found


def test_it_equals_its_closed_form(network):
    # Zhou et al. 2016: with average pooling the gradient of a logit is the class's weight in the
    # Dense layer, the same at every place of the map.
    pixels, _, _ = films(16, seed=2)
    probabilities, maps = heatmaps(network, pixels)
    features = network.features(pixels, training=False)
    features = np.asarray(features[-1] if isinstance(features, (list, tuple)) else features)
    kernel = next(w for w in network.head.weights if w.path.endswith("kernel")).numpy()
    weights = kernel[:, probabilities.argmax(-1)].T
    expected = np.maximum(np.einsum("bhwf,bf->bhw", features, weights), 0)
    peaks = expected.max((1, 2), keepdims=True)
    expected = np.divide(expected, peaks, out=np.zeros_like(expected), where=peaks > 0)
    np.testing.assert_allclose(maps, expected, atol=1e-5)
    assert maps.max() == pytest.approx(1.0)


def test_it_points_at_the_lesion(network):
    # The pointing game (Zhang et al. 2018): is the highest point of the map within the lesion?
    pixels, labels, centres = films(400, seed=4)
    probabilities, maps = heatmaps(network, pixels)
    found = (labels == 1) & (probabilities.argmax(-1) == 1)
    assert found.sum() > 150
    cell = SIDE / maps.shape[1]
    peaks = np.stack([np.unravel_index(one.argmax(), one.shape) for one in maps], 0)
    distance = np.linalg.norm((peaks + 0.5) * cell - centres, axis=-1)
    assert np.mean(distance[found] <= RADIUS + cell) > 0.9


def test_the_heatmap_of_a_mirrored_image_is_mirrored():
    network = build_network(MODEL.model_copy(update={"flip_tta": True}), DATA)
    pixels, _, _ = films(1, seed=5)
    _, heatmap = heatmaps(network, pixels)
    _, mirrored = heatmaps(network, pixels[:, :, ::-1])
    assert heatmap.max() == pytest.approx(1)
    np.testing.assert_allclose(heatmap[:, :, ::-1], mirrored, atol=1e-4)


def test_heatmaps_are_averaged_on_the_finest_grid():
    coarse = tf.ones((1, 1, 1))
    fine = tf.constant([[[0.0, 1.0], [0.0, 0.0]]])
    np.testing.assert_allclose(average([fine, coarse]), [[[0.5, 1.0], [0.5, 0.5]]])
