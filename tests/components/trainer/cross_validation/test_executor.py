"""Two folds of dark and bright noise, with a network of two layers."""

import io

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
from components.storage.examples import Value, open_writer, records, to_example
from components.trainer.cross_validation.executor import FoldImages, predict_fold

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
    (tmp_path / FOLDER).mkdir()
    stored, raw, transformed = (
        str(tmp_path / name) for name in (f"{FOLDER}/1.gz", "raw.gz", "transformed.gz")
    )
    with (
        open_writer(stored) as facts_writer,
        open_writer(raw) as first,
        open_writer(transformed) as second,
    ):
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
            record = {"example": to_example(common | facts).SerializeToString()}
            facts_writer.write(to_example(record).SerializeToString())
            first.write(to_example(common | facts | image).SerializeToString())
            packed = prepare(tf.constant([buffer.getvalue()]), 16, 1, "stretch").numpy()[0]
            values = common | {"image": packed, "pixel_mean": 0.0, "pixel_std": 0.0}
            second.write(to_example(values).SerializeToString())
    return FoldImages(str(tmp_path), [raw], [transformed], "graph")


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
    monkeypatch.setattr(tft, "TFTransformOutput", _TransformStandIn)
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
