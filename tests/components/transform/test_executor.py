"""The node in one process: Examples in, graph and transformed Examples out."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_transform as tft
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import io_utils

from components.imaging.preprocessing import decode_and_resize, unpack
from components.recipe.data import SPLITS
from components.storage.examples import open_writer, records, to_example
from components.storage.taken_over import write_notes
from components.transform.executor import Executor
from components.transform.transform_shard import TransformShard
from tests.components.transform.examples import DATA, images, png, rows

TRAIN_FILES = (slice(0, 3), slice(3, 4))


def _artifact(kind, folder: Path):
    artifact = kind()
    artifact.uri = str(folder)
    folder.mkdir(parents=True)
    return artifact


def run_node(folder: Path, number: int, files: dict[str, dict[str, slice]], origins=()):
    """Runs the node on split → file → which of `rows()`; returns the graph and the Examples.

    Args:
        folder: of all executions.
        number: of this one.
        files: of the raw Examples.
        origins: file → origin of its content, as ImageExampleGen notes them.
    """
    kinds = {
        "examples": standard_artifacts.Examples,
        "statistics": standard_artifacts.ExampleStatistics,
        "schema": standard_artifacts.Schema,
        "transform_graph": standard_artifacts.TransformGraph,
        "transformed_examples": standard_artifacts.Examples,
    }
    made = {name: _artifact(kind, folder / name / str(number)) for name, kind in kinds.items()}
    for name in ("examples", "statistics"):
        made[name].split_names = artifact_utils.encode_split_names(list(SPLITS))
    for split in SPLITS:
        source = Path(artifact_utils.get_split_uri([made["examples"]], split))
        source.mkdir()
        for name, part in files[split].items():
            with open_writer(f"{source}/{name}") as writer:
                for row in rows()[part]:
                    writer.write(to_example(row).SerializeToString())
    if origins:
        write_notes(made["examples"].uri, "identity", dict(origins))
    found = tfdv.generate_statistics_from_tfrecord(f"{made['examples'].uri}/Split-train/*")
    target = Path(artifact_utils.get_split_uri([made["statistics"]], "train"))
    target.mkdir()
    (target / "FeatureStats.pb").write_bytes(found.SerializeToString())
    schema = tfdv.infer_schema(found)
    io_utils.write_pbtxt_file(f"{made['schema'].uri}/schema.pbtxt", schema)
    given = {name: [made[name]] for name in ("examples", "statistics", "schema")}
    outputs = {name: [made[name]] for name in ("transform_graph", "transformed_examples")}
    data, splits = DATA.model_dump_json(by_alias=True), json.dumps(["train", "eval"])
    Executor().Do(given, outputs, {"data": data, "splits": splits, "source": "x"})
    # As TFX records it: what is in the outputs at the end.
    return made["transform_graph"].uri, outputs["transformed_examples"][0]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of the graph, and split → transformed rows by file."""
    files = {split: {"data_tfrecord-0.gz": slice(0, 2)} for split in SPLITS}
    files["train"] = {f"data_tfrecord-{n}.gz": part for n, part in enumerate(TRAIN_FILES)}
    return run_node(tmp_path_factory.mktemp("node"), 1, files)


def transformed(artifact, split: str) -> list[dict]:
    files = tf.io.gfile.glob(artifact_utils.get_split_uri([artifact], split) + "/*")
    spec = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "filename": tf.io.FixedLenFeature([], tf.string),
        "label_index": tf.io.FixedLenFeature([], tf.int64),
        "pixel_mean": tf.io.FixedLenFeature([], tf.float32),
        "pixel_std": tf.io.FixedLenFeature([], tf.float32),
    }
    parsed = records(files).map(lambda record: tf.io.parse_single_example(record, spec))
    return list(parsed.as_numpy_iterator())


def test_every_image_of_train_and_eval_is_there_once_in_order(written):
    _, artifact = written
    names = {
        split: [row["filename"] for row in transformed(artifact, split)] for split in SPLITS[:2]
    }
    assert names == {
        "train": [b"0.png", b"1.png", b"2.png", b"3.png"],
        "eval": [b"0.png", b"1.png"],
    }
    assert artifact_utils.decode_split_names(artifact.split_names) == ["train", "eval"]


def test_pixels_and_labels_are_those_of_the_images(written):
    found = transformed(written[1], "train")
    encoded = tf.constant([png(pixels) for pixels in images()])
    expected = decode_and_resize(encoded, DATA.image_size, 1, "stretch")
    pixels = unpack(tf.constant([row["image"] for row in found]), DATA.image_size, 1)
    np.testing.assert_array_equal(pixels, expected)
    assert [int(row["label_index"]) for row in found] == [0, 1, 0, 1]


def test_statistics_are_those_of_the_pixels_of_train(written):
    pixels = np.concatenate([image.ravel() for image in images()]).astype(float)
    for split in ("train", "eval"):
        for row in transformed(written[1], split):
            assert row["pixel_mean"] == pytest.approx(pixels.mean(), rel=1e-4)
            assert row["pixel_std"] == pytest.approx(pixels.std(), rel=1e-4)


def test_the_served_graph_needs_the_image_alone(written):
    layer = tft.TFTransformOutput(written[0]).transform_features_layer()
    served = layer({"image": tf.constant([[png(pixels)] for pixels in images()])})["image"]
    expected = [row["image"] for row in transformed(written[1], "train")]
    assert [value.numpy() for value in served] == expected


def test_only_files_that_are_new_are_decoded_and_all_are_as_in_a_fresh_run(tmp_path, monkeypatch):
    decoded = []
    original = TransformShard._transformed

    def spied(self, source):
        decoded.append(Path(source).name)
        return original(self, source)

    monkeypatch.setattr(TransformShard, "_transformed", spied)
    before = {"train": {"a.gz": slice(0, 3)}, "eval": {"a.gz": slice(0, 1)}, "test": {}}
    now = {
        "train": {"a.gz": slice(0, 3), "b.gz": slice(3, 4)},
        "eval": {"c.gz": slice(1, 2)},
        "test": {},
    }
    origins = {name: f"here/{name}" for name in ("a.gz", "b.gz", "c.gz")}
    run_node(tmp_path / "home", 4, before, origins)
    decoded.clear()
    _, second = run_node(tmp_path / "home", 9, now, origins)
    assert sorted(decoded) == ["b.gz", "c.gz"]
    decoded.clear()
    _, fresh = run_node(tmp_path / "elsewhere", 1, now, origins)
    assert len(decoded) == 3
    for split in ("train", "eval"):  # with the pixel statistics of now
        assert transformed(second, split) == transformed(fresh, split)
    # A file of the same name that comes from elsewhere is another one.
    decoded.clear()
    run_node(tmp_path / "home", 10, now, origins | {"a.gz": "there/a.gz"})
    assert decoded == ["a.gz"]
