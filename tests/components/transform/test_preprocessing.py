import io

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from PIL import Image
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from components.imaging.preprocessing import decode_and_resize, unpack
from components.recipe.data import DataSection
from components.transform.preprocessing import preprocessing_fn

DATA = DataSection.model_validate(
    {
        "classes": ["a", "b"],
        "image_size": 16,
        "color": "grayscale",
        "patient": {"from": "each_file"},
    }
)
SPEC = {
    "image": tf.io.FixedLenFeature([1], tf.string),
    "mean": tf.io.FixedLenFeature([1], tf.float32),
    "std": tf.io.FixedLenFeature([1], tf.float32),
    "label_index": tf.io.FixedLenFeature([1], tf.int64),
    "filename": tf.io.FixedLenFeature([1], tf.string),
}


def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(low, 256, (20, 24), np.uint8) for low in (0, 60, 120, 200)]


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def transformed(tmp_path_factory):
    """The transformed rows, and the graph as it is loaded for serving."""
    rows = [
        {
            "image": np.array([png(pixels)]),
            "mean": np.array([pixels.mean()], np.float32),
            "std": np.array([pixels.std()], np.float32),
            "label_index": np.array([number % 2]),
            "filename": np.array([f"{number}.png".encode()]),
        }
        for number, pixels in enumerate(images())
    ]
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(SPEC))
    out = str(tmp_path_factory.mktemp("transform"))
    with tft_beam.Context(temp_dir=str(tmp_path_factory.mktemp("beam"))):
        (data, _), graph = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: preprocessing_fn(inputs, {"data": DATA.plain()})
        )
        _ = graph | tft_beam.WriteTransformFn(out)
    return data, tft.TFTransformOutput(out).transform_features_layer()


def test_pixels_are_those_of_decode_and_resize(transformed):
    rows, _ = transformed
    encoded = tf.constant([png(pixels) for pixels in images()])
    expected = decode_and_resize(encoded, 16, 1, "stretch")
    found = unpack(tf.constant([row["image"] for row in rows]), 16, 1)
    np.testing.assert_array_equal(found, expected)
    assert [int(row["label_index"]) for row in rows] == [0, 1, 0, 1]
    assert [row["filename"] for row in rows] == [b"0.png", b"1.png", b"2.png", b"3.png"]


def test_statistics_are_those_of_all_pixels(transformed):
    rows, _ = transformed
    pixels = np.concatenate([image.ravel() for image in images()]).astype(float)
    assert rows[0]["pixel_mean"] == pytest.approx(pixels.mean(), rel=1e-4)
    assert rows[0]["pixel_std"] == pytest.approx(pixels.std(), rel=1e-4)


def test_the_served_graph_needs_the_image_alone(transformed):
    rows, layer = transformed
    served = layer({"image": tf.constant([[png(pixels)] for pixels in images()])})["image"]
    assert [value.numpy() for value in served] == [row["image"] for row in rows]
