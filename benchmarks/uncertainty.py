"""Is a model calibrated, what does it leave to a person, does it notice other kinds of images?

    .venv/bin/python benchmarks/uncertainty.py [RUN] [--home DIR] [--folder NAME=DIR ...]

Looks at a run of `medtfx run` (by default the latest): the expected calibration error on the test
split before and after the temperature, what is left to a person, and how many images are called
out of distribution: of the test split (false alarms), of the test split inverted and turned, of
photographs that come with scikit-learn and matplotlib, of noise, and of further folders.
"""

import argparse
import io
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib
import numpy as np
import sklearn
import tensorflow as tf
from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table
from tfx.utils import path_utils

from components.imaging.images import UnreadableImage, is_image_name, read_image
from components.run_report.executor import sources_of
from components.run_report.read import read_content
from components.run_report.uncertainty import uncertainty_results
from components.uncertainty.intervals import wilson_interval
from pipeline.home import Home
from pipeline.metadata.graph import MetadataGraph
from pipeline.runs.records import load_all

_BATCH, _MOST = 32, 300
PHOTOGRAPHS = (
    Path(sklearn.__file__).parent / "datasets" / "images" / "china.jpg",
    Path(sklearn.__file__).parent / "datasets" / "images" / "flower.jpg",
    Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg",
)


def as_png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def changed(images: Iterable[bytes], change: Callable[[Image.Image], Image.Image]) -> list[bytes]:
    return [as_png(change(Image.open(io.BytesIO(image)).convert("RGB"))) for image in images]


def tiles(path: Path) -> list[bytes]:
    """Returns a photograph, and nine parts of it, in colour and grey."""
    whole = Image.open(path).convert("RGB")
    width, height = whole.width // 3, whole.height // 3
    boxes = [
        (x * width, y * height, (x + 1) * width, (y + 1) * height)
        for x in range(3)
        for y in range(3)
    ]
    colour = [whole, *(whole.crop(box) for box in boxes)]
    return [as_png(image) for one in colour for image in (one, ImageOps.grayscale(one))]


def noise() -> list[bytes]:
    rng = np.random.default_rng(0)
    plain = [Image.new("L", (256, 256), level) for level in (0, 128, 255)]
    drawn = [Image.fromarray(rng.integers(0, 256, (256, 256), np.uint8)) for _ in range(7)]
    return [as_png(image) for image in (*plain, *drawn)]


def folder(path: Path) -> list[bytes]:
    """Reads at most 300 images, evenly from all that lie in a folder."""
    files = sorted(file for file in path.rglob("*") if is_image_name(file.name))
    found = []
    for file in files[:: max(1, len(files) // _MOST)][:_MOST]:
        try:
            found.append(read_image(file.read_bytes()).encoded)
        except UnreadableImage:
            continue
    return found


def out_of_distribution(model: object, images: list[bytes]) -> int:
    ask = model.signatures["serving_default"]  # type: ignore[attr-defined]
    batches = (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))
    return sum(
        int(ask(image_bytes=tf.constant(b))["out_of_distribution"].numpy().sum()) for b in batches
    )


def test_images(examples: str) -> list[bytes]:
    records = tf.data.TFRecordDataset(tf.io.gfile.glob(f"{examples}/*"), "GZIP")
    parsed = (tf.train.Example.FromString(record) for record in records.as_numpy_iterator())
    return [example.features.feature["image"].bytes_list.value[0] for example in parsed]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", nargs="?")
    parser.add_argument("--home")
    parser.add_argument("--folder", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    home = Home.at(arguments.home)
    run = arguments.run or load_all(home)[-1].run_id
    node = MetadataGraph.of_home(home).run(run)["RunReport"]
    sources = sources_of(node.inputs, node.properties)
    content = read_content(sources)
    uncertainty = uncertainty_results(content.predictions, content.uncertainty)
    model = tf.saved_model.load(path_utils.serving_model_path(sources.model))
    seen = test_images(sources.examples)
    kinds = {
        "test split": seen,
        "test split, inverted": changed(seen[:_MOST], ImageOps.invert),
        "test split, upside down": changed(seen[:_MOST], lambda image: image.rotate(180)),
        "test split, on its side": changed(seen[:_MOST], lambda i: i.rotate(90, expand=True)),
        "photographs": [image for path in PHOTOGRAPHS for image in tiles(path)],
        "noise and blanks": noise(),
        **{name: folder(Path(path)) for name, path in (f.split("=", 1) for f in arguments.folder)},
    }
    counts = {
        name: (out_of_distribution(model, images), len(images)) for name, images in kinds.items()
    }
    facts = {
        "run": run,
        "recipe": content.recipe["name"],
        "images": uncertainty.images,
        "accuracy": float(content.predictions.right.mean()),
        "calibration_error_before": uncertainty.before.error,
        "calibration_error": uncertainty.now.error,
        "temperature": uncertainty.facts.temperature,
        "uncertain_below": uncertainty.facts.uncertain_below,
        "deferred": uncertainty.uncertain / uncertainty.images,
        "lowest_recall": min(result.recall for result in content.classes),
        "lowest_recall_of_the_answered": uncertainty.lowest.recall if uncertainty.lowest else None,
        "out_of_distribution": {
            name: {"called": hits, "of": n} for name, (hits, n) in counts.items()
        },
    }
    show(facts, counts)
    if arguments.json:
        arguments.json.write_text(json.dumps(facts, indent=2))


def show(facts: dict, counts: dict[str, tuple[int, int]]) -> None:
    console = Console()
    table = Table(title=f"{facts['recipe']}, run {facts['run']}", title_justify="left")
    table.add_column("on the test split")
    table.add_column("", justify="right")
    for name, value in facts.items():
        if isinstance(value, (int, float)):
            shown = f"{value:.3f}" if isinstance(value, float) else str(value)
            table.add_row(name.replace("_", " "), shown)
    console.print(table)
    table = Table("images", "n", "out_of_distribution", "95 % interval")
    for name, (hits, total) in counts.items():
        low, high = wilson_interval(hits, total)
        table.add_row(name, str(total), f"{hits / total:.1%}", f"{low:.0%}-{high:.0%}")
    console.print(table)


if __name__ == "__main__":
    main()
