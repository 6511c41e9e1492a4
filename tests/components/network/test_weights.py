import numpy as np
import pytest

from components.network import weights
from components.network.backbones import build_backbone
from components.recipe.model import ModelSection
from components.runtime.environment import WEIGHTS
from components.runtime.errors import WeightsError


def mobilenet(**changes) -> ModelSection:
    return ModelSection.model_validate({"backbone": "mobilenet_v2", "alpha": 0.35} | changes)


@pytest.fixture
def folder_with_weights(tmp_path, monkeypatch):
    network = build_backbone(mobilenet(), 32, 3)
    path = tmp_path / "mobilenet_v2_0.35_224_imagenet_no_top.weights.h5"
    network.save_weights(path)
    monkeypatch.setenv(WEIGHTS.name, str(tmp_path))
    return path, network


def test_imagenet_is_taken_from_the_folder_first(folder_with_weights):
    path, network = folder_with_weights
    loaded, words = weights.pretrained_backbone(mobilenet(), 32)
    assert words == path.name
    for found, expected in zip(loaded.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_another_width_is_not_taken_from_the_folder(folder_with_weights):
    assert weights.local_file(mobilenet(alpha=1.0)) is None


def test_a_path_may_hold_a_variable(folder_with_weights):
    path, _ = folder_with_weights
    section = mobilenet(weights=f"${WEIGHTS}/{path.name}")
    assert weights.local_file(section) == path


def test_a_missing_file_is_named():
    with pytest.raises(WeightsError, match=r"no file at the path received: 'nowhere/x\.weights"):
        weights.pretrained_backbone(mobilenet(weights="nowhere/x.weights.h5"), 32)


def test_a_failed_download_says_what_to_do(monkeypatch):
    def no_network(*args, **options):
        raise Exception("URL fetch failure on https://example.org/x.h5: no route to host")

    monkeypatch.delenv(WEIGHTS.name, raising=False)
    monkeypatch.setattr("keras.src.applications.mobilenet_v2.file_utils.get_file", no_network)
    with pytest.raises(WeightsError, match=r"URL fetch failure.*MEDTFX_WEIGHTS"):
        weights.check_available(mobilenet(), 224)


def test_the_digest_follows_the_file(folder_with_weights):
    path, network = folder_with_weights
    before = weights.weights_digest(mobilenet())
    network.set_weights([array + 1 for array in network.get_weights()])
    network.save_weights(path)
    assert weights.weights_digest(mobilenet()) != before


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("backbone", "alpha"),
    [("mobilenet_v2", 0.35), ("mobilenet_v2", 1.0), ("mobilenet", 0.75), ("mobilenet", 1.0)],
)
def test_published_weights_load(real_weights, monkeypatch, backbone, alpha):
    monkeypatch.setenv(WEIGHTS.name, str(real_weights))
    section = ModelSection(backbone=backbone, alpha=alpha)
    _, words = weights.pretrained_backbone(section, 224)
    assert words.startswith("mobilenet_v") and words.endswith("no_top.weights.h5")
