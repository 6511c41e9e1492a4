import numpy as np
import pytest

from components.recipe.training import Augmentation
from components.training.augmentation import augment_marked, build_augmentation

PIXELS = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 1)).astype("float32")
ALL = {
    "flip": True,
    "rotation": 0.1,
    "zoom": 0.2,
    "translation": 0.2,
    "shear": 0.2,
    "crop": 0.25,
    "contrast": 0.5,
    "brightness": 0.5,
    "noise": 0.3,
}


def augmented(seed=1, training=True, **values):
    layers = build_augmentation(Augmentation(**values), 32, seed)
    return np.asarray(layers(PIXELS, training=training))


@pytest.mark.parametrize("name", ALL)
def test_each_change_keeps_shape_and_range(name):
    found = augmented(**{name: ALL[name]})
    assert found.shape == PIXELS.shape and found.dtype == np.float32
    assert found.min() >= -1e-3 and found.max() <= 255.001
    assert not np.allclose(found, PIXELS, atol=1.0)


def test_the_seed_decides_what_is_changed():
    first, second, other = (augmented(seed, **ALL) for seed in (1, 1, 2))
    np.testing.assert_allclose(first, second, atol=1e-3)
    assert not np.allclose(first, other, atol=1.0)


def test_a_crop_shows_a_part_at_full_size():
    white = build_augmentation(Augmentation(crop=0.5), 32, 1)(
        np.full((1, 32, 32, 3), 255.0, "float32"), training=True
    )
    np.testing.assert_allclose(white, 255.0, atol=1e-3)  # no border comes in


def test_noise_is_a_share_of_the_range():
    grey = np.full((1, 64, 64, 1), 127.5, "float32")
    noisy = build_augmentation(Augmentation(noise=0.1), 64, 1)(grey, training=True)
    assert np.std(noisy) == pytest.approx(25.5, rel=0.05)


def test_no_change_is_no_layer():
    assert build_augmentation(Augmentation(), 32, 1) is None


def test_a_flip_alone_makes_nothing_but_mirror_images():
    found = augmented(flip=True)
    for image, original in zip(found, PIXELS, strict=True):
        assert np.array_equal(image, original) or np.array_equal(image, original[:, ::-1])


def test_copies_alone_are_augmented():
    augmentation = build_augmentation(Augmentation(brightness=1.0), 16, seed=1)
    pixels = np.full((2, 16, 16, 1), 120, "float32")
    marked = augment_marked(augmentation, (16, 16, 1))
    first, second = marked([pixels, np.array([False, True])], training=True)
    np.testing.assert_array_equal(first, pixels[0])
    assert not np.allclose(second, pixels[1])
