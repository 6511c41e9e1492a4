"""A good export of a tiny network, ways to break it, and Examples for it.

The network tells dark from bright images. Its weights are set, not learned.
"""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from components.network.network import Network, build_network
from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.saved_model.reference_predictions import Predictions
from components.serving_validator.samples import StoredImage
from components.trainer.export import Exporter
from components.trainer.uncertainty import MeasuredUncertainty
from components.uncertainty.summary import UncertaintySummary
from tests.data_section import data_section
from tests.doubles.features_layer import TransformStandIn
from tests.tf_examples import write_examples

CLASSES = ("dark", "bright")
LEVELS = (100, 150)  # mean grey of each class: near enough to 127 for the network to be unsure


def section(classes=CLASSES) -> DataSection:
    return data_section(*classes, image_size=32, color="grayscale")


def stored_image(label: int, number: int) -> StoredImage:
    rng = np.random.default_rng((label, number))
    pixels = rng.integers(-20, 20, (40, 36)) + LEVELS[label]
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return StoredImage(f"{CLASSES[label]}/{number}.png", label, buffer.getvalue())


@pytest.fixture(scope="session")
def make_network() -> Callable[[], Network]:
    import keras

    def make() -> Network:
        keras.utils.set_random_seed(3)
        model = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))
        built = build_network(model, section())
        kernel = built.head.get_layer("logits").kernel
        kernel.assign(np.random.default_rng(0).normal(0, 2, kernel.shape))
        return built

    return make


@pytest.fixture(scope="session")
def network(make_network) -> Network:
    return make_network()


@pytest.fixture(scope="session")
def images() -> list[StoredImage]:
    return [stored_image(label, number) for number in range(3) for label in (0, 1)]


@pytest.fixture(scope="session")
def make_exporter(network) -> Callable[..., Exporter]:
    def make(change=None, kind=Exporter, classes=CLASSES, of=network) -> Exporter:
        data = section(classes)
        return kind(
            of, TransformStandIn(data, change), data, MeasuredUncertainty(UncertaintySummary())
        )

    return make


@pytest.fixture(scope="session")
def trained(network, make_exporter, images) -> Predictions:
    """The predictions of the network in memory."""
    pixels = make_exporter().pixels(tf.constant([image.encoded for image in images]))
    probabilities = network.classifier(pixels, training=False).numpy()
    # Otherwise the checks could not tell good from broken models.
    assert (
        np.ptp(probabilities[:, 0]) > 0.01
        and probabilities.min() > 0.05
        and probabilities.max() < 0.95
    ), probabilities
    names = [image.filename for image in images]
    return Predictions(CLASSES, dict(zip(names, probabilities, strict=True)))


@pytest.fixture(scope="session")
def write_split() -> Callable[[Path, list[StoredImage]], str]:
    """Returns a function that writes images as ExampleGen does."""

    def write(folder: Path, stored: list[StoredImage]) -> str:
        rows = [
            {"filename": one.filename, "image": one.encoded, "label_index": one.label}
            for one in stored
        ]
        return write_examples(folder / "data_tfrecord-00000-of-00001.gz", rows)

    return write


@pytest.fixture
def write_server(tmp_path, monkeypatch) -> Callable[[str], str]:
    """Returns a function that writes a server package of the given code, and returns its name."""

    def write(code: str) -> str:
        package = tmp_path / "servers" / "stand_in_server"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(code)
        monkeypatch.syspath_prepend(package.parent)
        return package.name

    return write
