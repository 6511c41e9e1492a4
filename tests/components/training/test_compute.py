"""Switches that need a process of their own: the number of devices is fixed at the first use."""

import subprocess
import sys

import pytest

from components.recipe.training import TrainingSection
from components.training.compute import compute_setup

PROGRAM = """
import sys, pathlib, keras, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
two_devices = tf.distribute.MirroredStrategy
tf.distribute.MirroredStrategy = lambda: two_devices(["CPU:0", "CPU:1"])

from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.training.checkpoint import Checkpoint
from components.training.dataset import TransformedSplit
from components.training.fit import Fitter
from components.network.network import build_network
from components.training.compute import compute_setup

folder, file = map(pathlib.Path, sys.argv[1:])
data = DataSection.model_validate({"classes": ["dark", "bright"], "image_size": 16,
                                   "color": "grayscale", "patient": {"from": "each_file"}})
model = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))
training = TrainingSection(strategy="mirrored", epochs=6, batch_size=8, learning_rate=0.01)
split = TransformedSplit((str(file),), data)
with compute_setup(training):
    assert tf.distribute.get_strategy().num_replicas_in_sync == 2
    network = build_network(model, data)
    checkpoint = Checkpoint(folder / "checkpoint", "val_loss")
    history = Fitter(network, model, training, split, split, checkpoint, folder / "logs").fit()
best = max(logs["val_balanced_accuracy"] for logs in history["head"])
assert best == 1.0, history
print("trained on two devices")
"""


@pytest.mark.slow
def test_mirrored_over_two_devices(write_split, tmp_path):
    split = write_split("train", [0, 1] * 16)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), split.files[0]],
        capture_output=True,
        text=True,
    )
    assert "trained on two devices" in done.stdout, done.stderr[-3000:]


def test_mixed_precision_trains_and_answers_in_float32(write_split, tmp_path):
    import keras

    from components.network.network import build_network
    from components.recipe.model import ModelSection
    from components.training.checkpoint import Checkpoint
    from components.training.fit import Fitter

    split = write_split("train", [0, 1] * 8)
    model = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))
    section = TrainingSection(mixed_precision=True, epochs=2, batch_size=8)
    with compute_setup(section):
        network = build_network(model, split.data)
        checkpoint = Checkpoint(tmp_path / "checkpoint", "val_loss")
        fitter = Fitter(network, model, section, split, split, checkpoint, tmp_path / "logs")
        history = fitter.fit()
    assert network.features.compute_dtype == "float16"
    assert len(history["head"]) == 2
    pixels, _ = next(iter(split.batches(4)))
    assert network.classifier(pixels).dtype == "float32"
    assert keras.mixed_precision.global_policy().name == "float32"


def test_the_policy_is_put_back_after_a_failure():
    import keras

    with pytest.raises(RuntimeError), compute_setup(TrainingSection(mixed_precision=True)):
        raise RuntimeError
    assert keras.mixed_precision.global_policy().name == "float32"
