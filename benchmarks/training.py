"""Does the input keep the training fed, and what do cached features bring?

    .venv/bin/python benchmarks/training.py [--images 1000] [--rounds 3] [--json FILE]

Three trainings on phantoms, as the Trainer sets them up: the whole of a small CNN at 64 pixels, as in
the recipe quickstart; the head of a frozen MobileNetV2 0.35 at 224 pixels, augmented; and the same
without augmentation, whose features are computed once. Each is compared with the same step on one
batch that stays in memory, epoch by epoch in turns. The first epoch reads the disk; later ones find
the pixels in memory, or read the disk again if a split is too large for that.

$MEDTFX_WEIGHTS must hold the backbone's weights.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from end_to_end import recipe_of
from phantoms import phantoms
from rich.console import Console
from rich.table import Table

from components import progress
from components.sections import DataSection, ModelSection, TrainingSection
from components.trainer import dataset
from components.trainer.checkpoint import Checkpoint
from components.trainer.dataset import TransformedSplit
from components.trainer.fit import Fitter
from components.trainer.network import build_network
from components.transform.images import prepare
from pipeline.recipe import Recipe, load_recipe

TARGETS = {"later epochs / batch in memory": 0.95, "first epoch / later ones": 5.0}
FROZEN = "frozen MobileNetV2 0.35, augmented"
SMALL = "small CNN"


def write_split(images: list[Path], data: DataSection, folder: Path) -> TransformedSplit:
    """Writes images as Transform materialises them."""
    file = folder / f"{data.image_size}.gz"
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for path in images:
            encoded = tf.constant([path.read_bytes()])
            (packed,) = prepare(encoded, data.image_size, data.channels, data.resize).numpy()
            feature = {
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[packed])),
                "label_index": tf.train.Feature(
                    int64_list=tf.train.Int64List(value=[data.classes.index(path.parent.name)])
                ),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    return TransformedSplit((str(file),), data)


def recipes() -> dict[str, Recipe]:
    """Returns what is trained."""
    values = recipe_of(epochs=1)
    return {
        SMALL: load_recipe("quickstart"),
        FROZEN: Recipe.model_validate(values),
    }


def seconds_of(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure_input(
    name: str, recipe: Recipe, split: TransformedSplit, rounds: int, kept: bool
) -> list[dict[str, Any]]:
    """Returns images a second of each epoch, from the split and from one batch in turns.

    Args:
        name: of the training.
        recipe: what is trained.
        split: on what.
        rounds: later epochs.
        kept: whether the pixels may stay in memory.
    """
    dataset._CACHE_BYTES = 2_000_000_000 if kept else 0
    network = build_network(recipe.model, recipe.data)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder), "val_loss")
        fitter = Fitter(
            network, recipe.model, recipe.training, split, split, checkpoint, folder
        )
        phase = fitter._phases[0]
        trainee, ours, _, labels = fitter._material(phase)
        fitter._compile(trainee, phase.rate, 1_000)
    steps = -(-len(labels) // recipe.training.batch_size)
    inputs, targets = next(iter(ours))
    one_batch = tf.data.Dataset.from_tensors((inputs, targets)).repeat(steps)
    trainee.fit(one_batch, verbose=0)  # compiles
    found = []
    for number in range(rounds + 1):
        for way, data in (("split", ours), ("memory", one_batch)):
            seconds = seconds_of(lambda data=data: trainee.fit(data, verbose=0))
            found.append({
                "training": name,
                "kept": kept,
                "way": way,
                "epoch": number,
                "rate": len(labels) / seconds if way == "split" else
                        steps * recipe.training.batch_size / seconds,
            })  # fmt: skip
    return found


def measure_features(recipe: Recipe, split: TransformedSplit, epochs: int) -> list[float]:
    """Returns the seconds of each epoch of a frozen backbone without augmentation."""
    training = recipe.training.model_copy(
        update={
            "epochs": epochs,
            "augmentation": TrainingSection().augmentation,
            "early_stopping": recipe.training.early_stopping.model_copy(
                update={"patience": epochs}
            ),
        }
    )
    network = build_network(recipe.model, recipe.data)
    ends: list[float] = []

    def at_end_of_epoch(report: progress.Progress) -> None:
        if "batches" in report.unit and report.done * epochs % report.total == 0:
            ends.append(time.perf_counter())

    progress.listen(at_end_of_epoch)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder), "val_loss")
        started = time.perf_counter()
        Fitter(network, recipe.model, training, split, split, checkpoint, folder).fit()
    progress.listen(None)
    # The last batch and the end of an epoch are both told.
    ends = ends[1::2]
    return [after - before for before, after in zip([started, *ends], ends, strict=False)]
