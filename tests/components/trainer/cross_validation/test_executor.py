"""Two folds of dark and bright noise, with a network of two layers."""

import io

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from PIL import Image

from components.imaging.preprocessing import prepare
from components.recipe.model import ModelSection
from components.recipe.serving import ServingSection
from components.recipe.training import TrainingSection
from components.storage.examples import Value, open_writer, records, to_example
from components.trainer.cross_validation import executor
from components.trainer.cross_validation.executor import FoldImages, cross_validate
from components.trainer.train_network import Trained, train_network

_PATIENTS, _IMAGES = 12, 2


class _TransformStandIn(tf.Module):
    """In place of TFT's output and its layer: a graph of TFT takes half a minute to build."""

    def __init__(self, graph: str):
        assert graph == "graph"

    def transform_features_layer(self):
        return lambda features: {
            "image": prepare(tf.reshape(features["image"], [-1]), 16, 1, "stretch")
        }


@pytest.fixture
def images(tmp_path, dark_and_bright) -> FoldImages:
    generator = np.random.default_rng(0)
    raw, transformed = str(tmp_path / "raw.gz"), str(tmp_path / "transformed.gz")
    with open_writer(raw) as first, open_writer(transformed) as second:
        for number in range(_PATIENTS * _IMAGES):
            patient = number // _IMAGES
            label = patient % 2
            pixels = generator.integers(0, 120, (16, 16)).astype(np.uint8) + np.uint8(130 * label)
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG")
            common: dict[str, Value] = {"filename": f"{number}.png", "label_index": label}
            moments = {"mean": float(pixels.mean()), "std": float(pixels.std())}
            facts = {"label": dark_and_bright.classes[label], "patient": f"P{patient}"} | moments
            image = {"image": buffer.getvalue()}
            first.write(to_example(common | facts | image).SerializeToString())
            packed = prepare(tf.constant([buffer.getvalue()]), 16, 1, "stretch").numpy()[0]
            values = common | {"image": packed, "pixel_mean": 0.0, "pixel_std": 0.0}
            second.write(to_example(values).SerializeToString())
    return FoldImages([raw], [transformed], "graph")


@pytest.fixture
def trained(monkeypatch) -> list[Trained]:
    """What is trained, in order: the real function, which is only listened to."""
    found: list[Trained] = []
    real = train_network

    def listening(*given):
        found.append(real(*given))
        return found[-1]

    monkeypatch.setattr(executor, "train_network", listening)
    monkeypatch.setattr(tft, "TFTransformOutput", _TransformStandIn)
    return found


def _config(tmp_path, data) -> dict:
    model = ModelSection(backbone="scratch_cnn", weights="none", filters=(4,))
    training = TrainingSection.model_validate({"epochs": 2, "batch_size": 4})
    return {
        "recipe": "tiny", "folds": 2, "data": data.plain(), "model": model.plain(),
        "training": training.plain(), "serving": ServingSection().in_model(),
        "checkpoints": str(tmp_path / "checkpoints"), "source": "as it is",
    }  # fmt: skip


def _features(path) -> list:
    found = records([str(path)]).as_numpy_iterator()
    return [tf.train.Example.FromString(one).features.feature for one in found]


def test_each_image_gets_the_prediction_of_the_model_that_has_not_seen_its_patient(
    images, trained, tmp_path, dark_and_bright
):
    config, kept = _config(tmp_path, dark_and_bright), tmp_path / "kept"
    paths = cross_validate(config, images, kept, str(tmp_path / "logs"))
    assert len(trained) == len(paths) == 2
    encoded = {
        one["filename"].bytes_list.value[0]: one["image"].bytes_list.value[0]
        for one in _features(images.raw[0])
    }
    predicted, patients = [], []
    for number, path in enumerate(paths):
        found = _features(path)
        names = [one["filename"].bytes_list.value[0] for one in found]
        predicted += names
        patients.append({one["patient"].bytes_list.value[0] for one in found})
        assert {one["fold"].int64_list.value[0] for one in found} == {number + 1}
        # === By hand ===
        pixels = np.stack([np.array(Image.open(io.BytesIO(encoded[name]))) for name in names])
        network, uncertainty = trained[number].network, trained[number].uncertainty
        _, plain = network.predict(tf.constant(pixels[..., None], tf.float32))
        expected = np.array(uncertainty.calibrated(plain))
        stored = np.array([one["probabilities"].float_list.value for one in found])
        np.testing.assert_allclose(stored, expected, atol=1e-5)
    assert sorted(predicted) == sorted(encoded) and not patients[0] & patients[1]

    # === After a stop: the finished fold is not trained again ===
    paths[1].unlink()
    before = paths[0].read_bytes()
    assert cross_validate(config, images, kept, str(tmp_path / "logs")) == paths
    assert len(trained) == 3 and paths[0].read_bytes() == before
    assert sorted(path.name for path in kept.iterdir()) == ["fold-1.gz", "fold-2.gz"]
