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


def test_another_backbone_computes_again(tmp_path):
    cache = FeatureCache(tmp_path, "net")
    cache.features(PIXELS, means)
    cache.save()
    with pytest.raises(AssertionError, match="computed again"):
        FeatureCache(tmp_path, "other").features(PIXELS, refuse)


def filled(folder, name, pixels=PIXELS, compute=means) -> FeatureCache:
    cache = FeatureCache(folder, name)
    cache.features(pixels, compute)
    cache.save()
    return cache


def test_of_a_retraining_with_a_few_new_images_only_those_are_computed(tmp_path):
    assert filled(tmp_path, "net", PIXELS[:3]).computed == 3
    assert filled(tmp_path, "net", PIXELS).computed == 1
    assert filled(tmp_path, "net", PIXELS[1:]).computed == 0


@pytest.mark.parametrize(
    "damage", ["empty", "cut off", "one byte", "not an archive", "other arrays"]
)
def test_a_damaged_file_is_computed_again_and_replaced(tmp_path, damage, caplog):
    filled(tmp_path, "net")
    file = tmp_path / "net.npz"
    whole = file.read_bytes()
    if damage == "other arrays":
        np.savez(file, keys=np.zeros((4, 16), np.uint8))
    else:
        place = whole.index(means(PIXELS).tobytes())
        flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        contents = {
            "empty": b"",
            "cut off": whole[: len(whole) // 2],
            "one byte": flipped,
            "not an archive": b"features",
        }
        file.write_bytes(contents[damage])
    again = filled(tmp_path, "net")
    assert again.computed == len(PIXELS)
    assert "computed again" in caplog.text
    np.testing.assert_array_equal(
        FeatureCache(tmp_path, "net").features(PIXELS, refuse), means(PIXELS)
    )


def test_two_trainings_at_the_same_time_keep_what_both_computed(tmp_path):
    one, other = FeatureCache(tmp_path, "net"), FeatureCache(tmp_path, "net")
    one.features(PIXELS[:2], means)
    other.features(PIXELS[2:], means)
    one.save()
    other.save()
    found = FeatureCache(tmp_path, "net").features(PIXELS, refuse)
    np.testing.assert_array_equal(found, means(PIXELS))


def test_what_was_not_used_for_the_longest_time_is_deleted_first(tmp_path, monkeypatch):
    for name, age in (("old", 3), ("older", 4), ("oldest", 5)):
        filled(tmp_path, name)
        written = (tmp_path / f"{name}.npz").stat().st_mtime - age * 86_400
        os.utime(tmp_path / f"{name}.npz", (written, written))
    FeatureCache(tmp_path, "oldest").features(PIXELS, refuse)  # is used again
    monkeypatch.setattr(feature_cache, "_MAX_BYTES", 2 * (tmp_path / "old.npz").stat().st_size)
    filled(tmp_path, "net")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.npz", "oldest.npz"]


def test_images_of_earlier_trainings_leave_when_the_file_is_full(tmp_path, monkeypatch):
    filled(tmp_path, "net", PIXELS[:3])
    monkeypatch.setattr(feature_cache, "_MAX_BYTES", 2 * means(PIXELS[:1]).nbytes)
    cache = FeatureCache(tmp_path, "net")
    cache.features(PIXELS[2:], means)
    monkeypatch.setattr(cache, "_delete_others", lambda: None)
    cache.save()
    with np.load(tmp_path / "net.npz") as stored:
        np.testing.assert_array_equal(stored["vectors"], means(PIXELS[2:]))


def test_more_than_may_be_kept_is_computed_but_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_cache, "_MAX_BYTES", means(PIXELS[:1]).nbytes)
    cache = FeatureCache(tmp_path, "net")
    np.testing.assert_array_equal(cache.features(PIXELS, means), means(PIXELS))
    cache.save()
    assert not list(tmp_path.iterdir())


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
