import os

import keras
import numpy as np
import pytest

from components.network.network import build_network
from components.recipe.model import ModelSection
from components.training import feature_cache
from components.training.bottleneck import pooled_features
from components.training.feature_cache import FeatureCache, identity_of

SCRATCH = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1)).astype(np.float32)


def means(pixels):
    return pixels.mean((1, 2))


def refuse(pixels):
    raise AssertionError(f"{len(pixels)} images are known and were computed again")


def test_what_was_computed_is_kept_for_the_next_training(tmp_path):
    cache = FeatureCache(tmp_path, "net")
    expected = cache.features(PIXELS, means)
    cache.save()
    found = FeatureCache(tmp_path, "net").features(PIXELS[::-1], refuse)
    np.testing.assert_array_equal(found, expected[::-1])
    assert found.dtype == np.float32 and [path.name for path in tmp_path.iterdir()] == ["net.npz"]


def test_only_new_images_are_computed(tmp_path):
    cache = FeatureCache(tmp_path, "net")
    cache.features(PIXELS[:3], means)
    asked = []
    found = cache.features(PIXELS, lambda pixels: asked.append(len(pixels)) or means(pixels))
    np.testing.assert_array_equal(found, means(PIXELS))
    assert asked == [1]


def test_another_backbone_computes_anew(tmp_path):
    cache = FeatureCache(tmp_path, "net")
    cache.features(PIXELS, means)
    cache.save()
    with pytest.raises(AssertionError, match="computed again"):
        FeatureCache(tmp_path, "other").features(PIXELS, refuse)


def test_what_nobody_used_for_a_week_is_deleted(tmp_path):
    for name, age in (("old", 8), ("young", 6)):
        (tmp_path / f"{name}.npz").touch()
        written = (tmp_path / f"{name}.npz").stat().st_mtime - age * 86_400
        os.utime(tmp_path / f"{name}.npz", (written, written))
    cache = FeatureCache(tmp_path, "net")
    cache.features(PIXELS, means)
    cache.save()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.npz", "young.npz"]


def test_weights_and_settings_tell_backbones_apart():
    def made(bias, settings):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.set_weights([np.ones((1, 1)), np.array([bias])])
        return identity_of(model, settings)

    first = made(0.0, {"levels": 1})
    assert first == made(0.0, {"levels": 1})
    assert len({first, made(1.0, {"levels": 1}), made(0.0, {"levels": 2})}) == 3


def test_cached_features_are_those_of_the_network(write_split, tmp_path):
    split = write_split("train", [0, 1, 1] * 12)
    network = build_network(SCRATCH, split.data)
    expected = pooled_features(network, split, mirrored=True)
    for _ in range(2):
        found = pooled_features(network, split, True, FeatureCache(tmp_path, "net"))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_killed_training_has_kept_what_it_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_cache, "_SECONDS_BETWEEN", 0)
    FeatureCache(tmp_path, "net").features(PIXELS, means)
    np.testing.assert_array_equal(
        FeatureCache(tmp_path, "net").features(PIXELS, refuse), means(PIXELS)
    )
