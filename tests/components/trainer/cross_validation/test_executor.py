"""Two folds of dark and bright noise, with a network of two layers."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from PIL import Image

from components.imaging.measures.stored import FOLDER
from components.imaging.preprocessing import prepare
from components.recipe.data import Fold
from components.recipe.model import ModelSection
from components.recipe.serving import ServingSection
from components.recipe.training import TrainingSection
from components.storage.examples import Value, records, to_example
from components.trainer.cross_validation.executor import FoldImages, predict_fold
from tests.doubles.features_layer import TransformStandIn
from tests.tf_examples import write_examples

_PATIENTS, _IMAGES = 12, 2


@pytest.fixture
def images(tmp_path, dark_and_bright) -> FoldImages:
    generator = np.random.default_rng(0)
    facts, raw, transformed = [], [], []
    for number in range(_PATIENTS * _IMAGES):
        patient = number // _IMAGES
        label = patient % 2
        pixels = generator.integers(0, 120, (16, 16)).astype(np.uint8) + np.uint8(130 * label)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        common: dict[str, Value] = {"filename": f"{number}.png", "label_index": label}
        example = common | {
            "label": dark_and_bright.classes[label], "patient": f"P{patient}",
            "mean": float(pixels.mean()), "std": float(pixels.std()),
        }  # fmt: skip
        facts.append({"example": to_example(example).SerializeToString()})
        raw.append(example | {"image": buffer.getvalue()})
        packed = prepare(tf.constant([buffer.getvalue()]), 16, 1, "stretch").numpy()[0]
        transformed.append(common | {"image": packed, "pixel_mean": 0.0, "pixel_std": 0.0})
    write_examples(tmp_path / FOLDER / "1.gz", facts)
    read = [write_examples(tmp_path / "raw.gz", raw)]
    packed_files = [write_examples(tmp_path / "transformed.gz", transformed)]
    return FoldImages(str(tmp_path), read, packed_files, "graph")


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
    images, monkeypatch, tmp_path, dark_and_bright
):
    layer = SimpleNamespace(transform_features_layer=lambda: TransformStandIn(dark_and_bright))
    monkeypatch.setattr(tft, "TFTransformOutput", {"graph": layer}.__getitem__)
    config = _config(tmp_path, dark_and_bright)
    encoded = {
        one["filename"].bytes_list.value[0]: one["image"].bytes_list.value[0]
        for one in _features(images.raw[0])
    }
    predicted, patients = [], []
    for number in (1, 2):
        path, logs = str(tmp_path / f"fold-{number}.gz"), str(tmp_path / f"logs-{number}")
        trained = predict_fold(config, images, Fold(of=2, number=number), path, logs)
        found = _features(path)
        names = [one["filename"].bytes_list.value[0] for one in found]
        predicted += names
        patients.append({one["patient"].bytes_list.value[0] for one in found})
        assert {one["fold"].int64_list.value[0] for one in found} == {number}
        # === By hand ===
        pixels = np.stack([np.array(Image.open(io.BytesIO(encoded[name]))) for name in names])
        _, plain = trained.network.predict(tf.constant(pixels[..., None], tf.float32))
        expected = np.array(trained.uncertainty.calibrated(plain))
        stored = np.array([one["probabilities"].float_list.value for one in found])
        np.testing.assert_allclose(stored, expected, atol=1e-5)
    assert sorted(predicted) == sorted(encoded) and not patients[0] & patients[1]
    assert not any((tmp_path / "checkpoints").iterdir())
