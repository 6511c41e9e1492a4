"""Transformed examples as Transform writes them; TensorFlow is loaded when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from components.recipe.data import DataSection

if TYPE_CHECKING:
    from components.training.dataset import TransformedSplit


@pytest.fixture
def dark_and_bright() -> DataSection:
    """Two classes that differ in brightness alone."""
    return DataSection.model_validate(
        {
            "classes": ["dark", "bright"],
            "image_size": 16,
            "color": "grayscale",
            "patient": {"from": "each_file"},
        }
    )


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
        path = tmp_path / name
        with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions("GZIP")) as writer:
            for number, label in enumerate(labels):
                pixels = rng.integers(0, 120, (1, 16, 16, 1)) + 130 * label
                packed = pack(tf.constant(pixels, tf.uint8)).numpy()[0]
                example = _example(packed, 1 - label if lie else label, f"{number}.png")
                writer.write(example.SerializeToString())
        return TransformedSplit((str(path),), dark_and_bright)

    return write


def _example(packed: bytes, label: int, filename: str) -> Any:
    import tensorflow as tf

    feature = {
        "filename": tf.train.Feature(bytes_list=tf.train.BytesList(value=[filename.encode()])),
        "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[packed])),
        "label_index": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
        "pixel_mean": tf.train.Feature(float_list=tf.train.FloatList(value=[125.0])),
        "pixel_std": tf.train.Feature(float_list=tf.train.FloatList(value=[70.0])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature))
