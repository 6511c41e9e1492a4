"""Every recipe trains one step, on phantoms of 32 pixels; three are exported and asked."""

import json

import numpy as np
import pytest
import tensorflow as tf

from components.saved_model.reference_predictions import load_predictions
from pipeline.recipes.loader import load_recipe, recipe_names

pytestmark = pytest.mark.end_to_end

IMAGES = 36  # four for each of nine classes
# In place of networks that take minutes to build, and sizes that others can't do without. VGG19 is
# kept once; EfficientNetB0 is trained in `components/network/test_network.py`.
LIGHT = ["model.backbone=mobilenet", "model.alpha=0.25"]
PAIR = (
    "model.members=[{backbone: mobilenet, alpha: 0.25},"
    " {backbone: mobilenet, alpha: 0.25, size: 48, contrast: clahe}]"
)
SMALLER = {
    "covid-densenet201": LIGHT,
    "covid-efficientnetb7": LIGHT,
    "covid-ensemble-average": [PAIR],
    "covid-ensemble-concat": [PAIR],
    "covid-radiography": [PAIR],
    "covid-simple-cnn-binary": ["data.image_size=75", "model.dense=[8]"],
    "covid19-3class": [PAIR],
    "crc-efficientnetb0-9class": LIGHT,
    "crc-efficientnetb0-tumour": LIGHT,
    "crc-tissue": [PAIR],
    "pneumonia-3class": [PAIR],
    "pneumonia-inceptionv3-bottleneck": LIGHT,
    "pneumonia-mobilenet-bottleneck": LIGHT,
    "covid-mobilenet": LIGHT,
    "radiography-scratch-cnn": ["data.image_size=75", "model.dense=[8]"],
    "radiography-scratch-cnn-augmented": ["data.image_size=75", "model.dense=[8]"],
    "radiography-vgg19-augmented": LIGHT,
    "radiography-vgg19-features": LIGHT,
    "radiography-vgg19-finetuned": ["training.fine_tuning.epochs=1"],
}
# A CNN from scratch, several members with contrast and flips, a sigmoid head.
EXPORTED = {"quickstart", "covid19-3class", "covid-simple-cnn-binary"}
ONE_STEP = ["training.epochs=1", "training.batch_size=64"]


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory) -> list[bytes]:
    """Encoded images, as `read_image` gives them."""
    from components.imaging.images import UnreadableImage, read_image
    from pipeline.sample_data import write_sample_data

    folder = tmp_path_factory.mktemp("phantoms")
    write_sample_data(folder, patients_per_class=12)
    found = []
    for path in sorted(folder.glob("*/*")):
        try:
            found.append(read_image(path.read_bytes()).encoded)
        except UnreadableImage:
            continue
    return found[:IMAGES]


@pytest.fixture(scope="module")
def transformed(phantoms, tmp_path_factory):
    """Returns a function that gives the records and the Transform graph of a `data` section."""
    made: dict[tuple[int, int, str, int], tuple[str, str]] = {}

    def transform(data):
        key = (data.image_size, data.channels, data.resize, len(data.classes))
        if key not in made:
            made[key] = _transform(phantoms, data, tmp_path_factory.mktemp("transform"))
        return made[key]

    return transform


def _transform(encoded, data, folder):
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.coders import ExampleProtoCoder
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    from components.transform.preprocessing import preprocessing_fn

    kinds = {"image": tf.string, "label_index": tf.int64, "filename": tf.string}
    spec = {name: tf.io.FixedLenFeature([1], kind) for name, kind in kinds.items()}
    rows = [
        {
            "image": np.array([image]),
            "label_index": np.array([number % len(data.classes)]),
            "filename": np.array([f"{number}.png".encode()]),
        }
        for number, image in enumerate(encoded)
    ]
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    with tft_beam.Context(temp_dir=str(folder / "beam")):
        (found, written), graph = (rows, metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: preprocessing_fn(
                inputs, {"data": data.plain(), "pixel_mean": 100.0, "pixel_std": 50.0}
            )
        )
        _ = graph | tft_beam.WriteTransformFn(str(folder / "graph"))
    records, coder = str(folder / "records.gz"), ExampleProtoCoder(written.schema)
    with tf.io.TFRecordWriter(records, "GZIP") as writer:
        for row in found:
            writer.write(coder.encode(row))
    return records, str(folder / "graph")


def _small_recipe(name, folder):
    """Returns the recipe on 32 pixels with light backbones, frozen ones at random weights."""
    small = ["data.image_size=32", *SMALLER.get(name, []), *ONE_STEP]
    recipe = load_recipe(name, small)
    if not recipe.model.pretrained:
        return recipe
    weights = _random_weights(recipe.model, recipe.data.image_size, folder)
    return load_recipe(name, [*small, *weights])


@pytest.mark.parametrize("name", sorted(set(recipe_names()) - EXPORTED))
def test_a_recipe_trains_one_step(name, transformed, tmp_path):
    import keras

    from components.network.network import build_network
    from components.training.checkpoint import Checkpoint
    from components.training.dataset import TransformedSplit
    from components.training.fit import Fitter
    from components.training.phases import head_alone

    recipe = _small_recipe(name, tmp_path)
    records, _ = transformed(recipe.data)
    split = TransformedSplit((records,), recipe.data)
    frozen = head_alone(recipe.model, recipe.training)
    network = build_network(recipe.model, recipe.data, frozen=frozen)
    checkpoint = Checkpoint(tmp_path / "state", recipe.training.early_stopping.monitor)
    fitter = Fitter(
        network, recipe.model, recipe.training, split, split, checkpoint, str(tmp_path / "logs")
    )
    history = fitter.fit()
    assert len(history["head"]) == 1 and np.isfinite(history["head"][0]["loss"])
    pixels, _ = next(iter(split.batches(4)))
    probabilities = network.classifier(pixels, training=False).numpy()
    assert probabilities.shape == (4, len(recipe.data.classes))
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-3)
    keras.backend.clear_session()


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_a_recipe_is_exported_and_served(name, transformed, phantoms, tmp_path):
    import keras
    from tfx.components.trainer.fn_args_utils import FnArgs

    from components.trainer.run_fn import run_fn

    recipe = _small_recipe(name, tmp_path)
    records, graph = transformed(recipe.data)
    config = {
        "recipe": name,
        "folds": None,
        "data": recipe.data.plain(),
        "model": recipe.model.plain(),
        "training": recipe.training.plain(),
        "serving": recipe.serving.in_model(),
        "checkpoints": str(tmp_path / "checkpoints"),
        "source": "as it is",
    }
    run_fn(
        FnArgs(
            train_files=[records], eval_files=[records], transform_output=graph,
            serving_model_dir=str(tmp_path / "1"), model_run_dir=str(tmp_path / "logs"),
            custom_config=config,
        )
    )  # fmt: skip
    _answers_as_the_network_did(tmp_path, phantoms, recipe.data.classes)
    keras.backend.clear_session()


def _random_weights(model, size, folder):
    """Writes weights of a random start, so that the backbones are frozen as the recipe says."""
    from components.network.backbones import build_backbone

    members = []
    for place, network in enumerate(model.networks):
        path = folder / f"{place}.weights.h5"
        build_backbone(network, size, 3).save_weights(path)
        member = {"weights": str(path)} | {
            key: getattr(network, key) for key in ("backbone", "alpha", "size", "contrast")
        }
        members.append(json.dumps(member))
    if model.members:
        return [f"model.members=[{', '.join(members)}]"]
    return [f"model.weights={path}"]


def _answers_as_the_network_did(folder, encoded, classes):
    kept = load_predictions(str(folder / "logs"))
    assert kept.classes == classes and len(kept.by_file) >= 2
    numbers = [int(name.removesuffix(".png")) for name in kept.by_file]
    images = [encoded[number] for number in numbers]
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(folder / "1"))
        for signature in ("serving_default", "explain"):
            definition = loaded.signature_def[signature]
            answer = session.run(
                {name: info.name for name, info in definition.outputs.items()},
                {definition.inputs["image_bytes"].name: images},
            )
            expected = list(kept.by_file.values())
            np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-4)
    assert answer["heatmap"].ndim == 3 and answer["heatmap"].max() <= 1
