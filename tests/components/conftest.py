"""What more than one node needs; TensorFlow and TFX are loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from components.recipe.data import DataSection
from components.runtime import progress
from tests.data_section import data_section
from tests.tf_examples import write_examples

if TYPE_CHECKING:
    from components.training.dataset import TransformedSplit


@pytest.fixture
def artifacts(tmp_path: Path) -> Any:
    """Makes the artifacts of `tests.components.decided`."""
    from tests.components.decided import Artifacts

    return Artifacts(tmp_path)


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of a MobileNet of alpha 0.25: whoever loads them has the same backbone."""
    import keras

    file = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    backbone = keras.applications.MobileNet(
        alpha=0.25, include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    # As Keras draws them, hardly anything of the image would reach the last layer.
    backbone.set_weights([4 * one if one.ndim > 1 else one for one in backbone.get_weights()])
    backbone.save_weights(file)
    return file


@pytest.fixture
def heard() -> Iterator[list[progress.Progress]]:
    """What is reported of the progress meanwhile."""
    reports: list[progress.Progress] = []
    progress.listen(reports.append)
    yield reports
    progress.listen(None)


@pytest.fixture
def make_predictions() -> Callable[..., Any]:
    """Predictions of N images in C classes: `random`, `perfect` or `collapsed` onto the first."""
    from tests.written_predictions import predictions

    return predictions


@pytest.fixture
def dark_and_bright() -> DataSection:
    """Two classes that differ in brightness alone."""
    return data_section("dark", "bright", image_size=16, color="grayscale")


@pytest.fixture
def write_split(tmp_path: Path, dark_and_bright: DataSection) -> Callable[..., TransformedSplit]:
    """Returns a function that writes noise around 60 for class 0 and around 190 for class 1.

    With `lie` the labels are written the wrong way round.
    """
    import tensorflow as tf

    from components.imaging.preprocessing import pack
    from components.training.dataset import TransformedSplit

    def write(name: str, labels: list[int], seed: int = 0, lie: bool = False) -> TransformedSplit:
        rng = np.random.default_rng(seed)

        def row(number: int, label: int) -> dict[str, Any]:
            pixels = rng.integers(0, 120, (1, 16, 16, 1)) + 130 * label
            return {
                "image": pack(tf.constant(pixels, tf.uint8)).numpy()[0],
                "label_index": 1 - label if lie else label,
                "filename": f"{number}.png",
                "pixel_mean": 125.0,
                "pixel_std": 70.0,
            }

        path = write_examples(tmp_path / name, (row(*one) for one in enumerate(labels)))
        return TransformedSplit((path,), dark_and_bright)

    return write
