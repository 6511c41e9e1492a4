"""Does the input keep the training fed, and what do cached features bring?

    .venv/bin/python benchmarks/training.py [--images 1000] [--rounds 3] [--json FILE]

Two trainings on phantoms, as the Trainer sets them up: the whole of a small CNN at 64 pixels, as in
the recipe quickstart, and the head of a frozen MobileNetV2 0.35 at 224 pixels, augmented. Each is
compared, epoch by epoch in turns, with the same steps on one batch that stays in memory: with the
pixels kept in memory after the first epoch, and read from the disk in each, as larger splits are.
Then the head of the frozen network without augmentation: on features that are computed once, and on
the pixels.

$MEDTFX_WEIGHTS must hold the backbone's weights.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from phantoms import phantoms
from reporting import options, tell
from rich.console import Console
from rich.table import Table
from watched_run import recipe as phantoms_recipe

from components.imaging.preprocessing import prepare
from components.network.network import build_network
from components.recipe.data import DataSection
from components.recipe.recipe import Recipe
from components.recipe.training import TrainingSection
from components.training import dataset
from components.training.checkpoint import Checkpoint
from components.training.dataset import TransformedSplit
from components.training.fit import Fitter
from pipeline.recipes.loader import load_recipe

FED, CACHED = "split / batch in memory", "epoch on pixels / on features"
TARGETS = {FED: ("at least", 0.95), CACHED: ("at least", 5.0)}
KEPT, READ = "kept in memory", "read from disk"
FROZEN, SMALL = "head of a frozen MobileNetV2 0.35", "small CNN"


def write_split(images: list[Path], data: DataSection, folder: Path) -> TransformedSplit:
    """Writes images as Transform materialises them."""
    file = folder / f"{data.image_size}.gz"
    with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
        for path in images:
            encoded = tf.constant([path.read_bytes()])
            (packed,) = prepare(encoded, data.image_size, data.channels, data.resize).numpy()
            label = data.classes.index(path.parent.name)
            feature = {
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[packed])),
                "label_index": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    return TransformedSplit((str(file),), data)


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Returns wall and processor seconds."""
    started, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - used


@contextmanager
def first_phase(
    recipe: Recipe, split: TransformedSplit
) -> Iterator[tuple[keras.Model, tf.data.Dataset]]:
    """Gives what the Trainer fits in the first phase, compiled, and on what."""
    network = build_network(recipe.model, recipe.data)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder), "val_loss")
        fitter = Fitter(network, recipe.model, recipe.training, split, split, checkpoint, folder)
        phase = fitter._phases[0]
        trainee, batches, _, _ = fitter._prepared(phase)
        fitter._compile(trainee, phase.rate, 1_000)
        yield trainee, batches


def in_turns(
    ways: dict[str, tuple[keras.Model, tf.data.Dataset]], images: int, rounds: int, **about: Any
) -> list[dict[str, Any]]:
    """Trains an epoch in each way, `rounds` times after a first one."""
    rows = []
    for epoch in range(rounds + 1):
        for way, (trainee, batches) in ways.items():
            seconds, cpu = timed(lambda t=trainee, b=batches: t.fit(b, verbose=0))
            rows.append(
                {**about, "way": way, "epoch": epoch, "seconds": seconds, "cpu": cpu,
                 "rate": images / seconds}
            )  # fmt: skip
    return rows


def measure_input(
    name: str, recipe: Recipe, split: TransformedSplit, pixels: str, rounds: int
) -> list[dict[str, Any]]:
    """Returns the epochs on the split, and those of as many images from one batch."""
    dataset._CACHE_BYTES = 2_000_000_000 if pixels == KEPT else 0
    images, size = len(split.labels), recipe.training.batch_size
    with first_phase(recipe, split) as (trainee, ours):
        (inputs, targets), *_ = ours.take(1)
        left = images % size or size  # as many as in the last batch of the split
        batch = tf.data.Dataset.from_tensors((inputs, targets)).repeat((images - 1) // size)
        last = tf.data.Dataset.from_tensors((inputs[:left], targets[:left]))
        memory = batch.concatenate(last).prefetch(tf.data.AUTOTUNE)
        trainee.fit(memory, verbose=0)  # compiles
        ways = {"split": (trainee, ours), "batch in memory": (trainee, memory)}
        return in_turns(ways, images, rounds, training=name, pixels=pixels)


def measure_features(
    recipe: Recipe, split: TransformedSplit, rounds: int
) -> tuple[list[dict[str, Any]], float]:
    """Returns epochs without augmentation, and the seconds that the features took."""
    dataset._CACHE_BYTES = 2_000_000_000
    still = {"augmentation": TrainingSection().augmentation}
    training = recipe.training.model_copy(update=still)
    recipe = recipe.model_copy(update={"training": training})
    started = time.perf_counter()
    with first_phase(recipe, split) as (head, features):
        computed = time.perf_counter() - started
        network = build_network(recipe.model, recipe.data)
        network.classifier.trainable = True
        for backbone in network.backbones:
            backbone.trainable = False
        network.classifier.compile(keras.optimizers.Adam(), "categorical_crossentropy")
        ways = {
            "features": (head, features),
            "pixels": (network.classifier, split.training_batches(training)),
        }
        images = len(split.labels)
        return in_turns(ways, images, rounds, training=FROZEN, pixels="not augmented"), computed


# === Telling ===


def later(rows: list[dict[str, Any]], way: str, what: str = "rate") -> list[float]:
    return [row[what] for row in rows if row["way"] == way and row["epoch"]]


def paired(rows: list[dict[str, Any]], way: str, other: str) -> list[float]:
    """Returns the ratios of the rates of epochs that followed each other."""
    both = zip(later(rows, way), later(rows, other), strict=True)
    return [one / another for one, another in both]


def table(rows: list[dict[str, Any]]) -> Table:
    made = Table("training", "pixels", "from", title="Images a second, and CPU ms an image")
    for column in ("first epoch", "later ones", "CPU ms"):
        made.add_column(column, justify="right")
    for training, pixels, way in dict.fromkeys(
        (row["training"], row["pixels"], row["way"]) for row in rows
    ):
        key = (training, pixels, way)
        own = [row for row in rows if (row["training"], row["pixels"], row["way"]) == key]
        first = next(row["rate"] for row in own if not row["epoch"])
        cpu = median(row["cpu"] / row["seconds"] / row["rate"] * 1e3 for row in own if row["epoch"])
        rate = median(later(own, way))
        made.add_row(training, pixels, way, f"{first:.0f}", f"{rate:.0f}", f"{cpu:.2f}")
    return made


def main() -> None:
    chosen = options(__doc__, images=1000, rounds=3)
    files = sorted(phantoms(chosen.images).glob("*/*.png"))
    recipes = {
        SMALL: load_recipe("quickstart"),
        f"{FROZEN}, augmented": Recipe.model_validate(phantoms_recipe(epochs=1)),
    }
    rows, figures = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for name, recipe in recipes.items():
            split = write_split(files, recipe.data, Path(folder))
            for pixels in (KEPT, READ):
                found = measure_input(name, recipe, split, pixels, chosen.rounds)
                figures[f"{FED}, {name}, {pixels}"] = paired(found, "split", "batch in memory")
                rows += found
        found, computed = measure_features(recipe, split, chosen.rounds)
        rows += found
    figures[CACHED] = paired(found, "features", "pixels")
    figures["s to compute the features"] = computed
    Console(width=120).print(table(rows))
    tell(chosen, figures, TARGETS, rows)


if __name__ == "__main__":
    main()
