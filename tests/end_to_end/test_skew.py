"""Training and serving see the same pixels and give the same probabilities."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components.imaging.images import UnreadableImage, read_image

pytestmark = pytest.mark.end_to_end

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def trained(machine):
    """A model that has hardly learned: its probabilities are far from 0 and 1."""
    machine.medtfx(machine.run_command("training.epochs=1", "training.learning_rate=0.0001"), 0, 3)
    return machine


@pytest.fixture(scope="module")
def readable(trained) -> dict[Path, bytes]:
    """File → what a client sends for it: PNG, JPEG, 16-bit PNG and DICOM, all read alike."""
    found = {}
    for path in sorted(trained.data.glob("*/*")):
        try:
            found[path] = read_image(path.read_bytes()).encoded
        except UnreadableImage:
            continue
    return found


def transformed_probabilities(machine) -> dict[bytes, np.ndarray]:
    """Packed pixels of each transformed example → probabilities of the trained network.

    The network is rebuilt by the trainer's own code and given the exported variables.
    """
    from components.network.network import build_network
    from components.recipe.data import DataSection
    from components.recipe.model import ModelSection
    from components.trainer.uncertainty import MeasuredUncertainty
    from components.training.dataset import TransformedSplit
    from components.uncertainty.summary import UNCERTAINTY_FILE, UncertaintySummary

    model_uri = machine.latest("Trainer", "model") / "Format-Serving"
    recipe = _recipe(model_uri)
    data = DataSection.model_validate(recipe["data"])
    files = sorted(map(str, machine.latest("Transform", "transformed_examples").glob("*/*.gz")))
    split = TransformedSplit(tuple(files), data)
    # The exported network: batch normalisation is folded into its convolutions.
    network = build_network(ModelSection.model_validate(recipe["model"]), data).for_prediction()
    _restore(network.classifier, model_uri)
    facts = UncertaintySummary.from_json((model_uri / "assets" / UNCERTAINTY_FILE).read_text())
    served = MeasuredUncertainty(facts).calibrated
    probabilities = np.concatenate(
        [served(network.classifier(pixels, training=False)) for pixels, _ in split.batches(32)]
    )
    spec = {"image": tf.io.FixedLenFeature([], tf.string)}
    records = tf.data.TFRecordDataset(files, "GZIP")
    packed = [tf.io.parse_single_example(record, spec)["image"].numpy() for record in records]
    return dict(zip(packed, probabilities, strict=True))


def served_probabilities(machine, encoded: list[bytes]) -> np.ndarray:
    model_uri = str(machine.latest("Trainer", "model") / "Format-Serving")
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], model_uri)
    signature = loaded.signature_def["serving_default"]
    return session.run(
        signature.outputs["probabilities"].name,
        {signature.inputs["image_bytes"].name: encoded},
    )


def test_at_least_50_images_of_mixed_formats(readable):
    suffixes = {path.suffix.lower() for path in readable}
    assert len(readable) >= 50
    assert {".png", ".jpg", ".dcm"} <= suffixes


def test_raw_bytes_and_transformed_examples_give_the_same_probabilities(trained, readable):
    from components.imaging.preprocessing import decode_and_resize, pack

    by_pixels = transformed_probabilities(trained)
    splits = trained.splits()
    # The test split is not transformed: the Evaluator asks the exported model about its raw bytes.
    encoded = [
        image
        for path, image in readable.items()
        if splits[path.relative_to(trained.data).as_posix()] != "test"
    ]
    assert len(encoded) == len(by_pixels) >= 50
    data = _data(trained)
    pixels = decode_and_resize(tf.constant(encoded), data.image_size, data.channels, data.resize)
    # A KeyError here is a skew of the pixels themselves.
    expected = np.stack([by_pixels[key] for key in pack(pixels).numpy()])
    served = served_probabilities(trained, encoded)
    assert served.max() < 0.999, "saturated answers would hide a skew"
    np.testing.assert_allclose(served, expected, atol=TOLERANCE)


def _recipe(model_uri: Path) -> dict:
    return json.loads((model_uri / "assets" / "recipe.json").read_text())


def _data(machine):
    from components.recipe.data import DataSection

    recipe = _recipe(machine.latest("Trainer", "model") / "Format-Serving")
    return DataSection.model_validate(recipe["data"])


def _restore(classifier, model_uri: Path) -> None:
    reader = tf.train.load_checkpoint(str(model_uri / "variables" / "variables"))
    for index, variable in enumerate(classifier.variables):
        name = f"model_variables/{index}/.ATTRIBUTES/VARIABLE_VALUE"
        variable.assign(reader.get_tensor(name))
