"""How near do ExampleGen and Transform come to reading, decoding and resizing alone?

    .venv/bin/python benchmarks/ingest.py [--images 1000 8000] [--rounds 1] [--json FILE]

The limit is tf.data on all processors: read a file, decode it, resize it to 224 pixels, and nothing
else. ImageExampleGen and Transform do that, check each file, split by patient, hash, and write two
data sets; between them StatisticsGen and SchemaGen run, which are timed apart. Beam works in the
process of the node, or in a process a processor. All take turns. Memory is that of the process and
its children.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from phantoms import PATIENT, phantoms
from rich.console import Console
from rich.table import Table
from watched_process import watch

NODES = ("ImageExampleGen", "StatisticsGen", "SchemaGen", "Transform")
COUNTED = ("ImageExampleGen", "Transform")
MODES = {
    "in the process": [],
    "multi-processing": [
        "--direct_running_mode=multi_processing",
        f"--direct_num_workers={os.cpu_count()}",
    ],
}
LIMIT = "read, decode, resize"
SIDE = 224
TARGETS = {"rate_over_limit": ("at least", 0.6), "memory_growth": ("at most", 1.5)}


# === What runs in processes of their own ===


def limit(folder: str) -> None:
    """Prints the images a second that tf.data reads, decodes and resizes."""
    import tensorflow as tf

    def read(path: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(tf.io.read_file(path), channels=3, expand_animations=False)
        resized = tf.image.resize(image, [SIDE, SIDE], antialias=True)
        return tf.cast(tf.round(resized), tf.uint8)

    files = [str(path) for path in sorted(Path(folder).glob("*/*.png"))]
    images = tf.data.Dataset.from_tensor_slices(files).map(read, tf.data.AUTOTUNE).batch(32)
    started = time.perf_counter()
    count = sum(int(tf.shape(batch)[0]) for batch in images)
    print(json.dumps({"images": count, "seconds": time.perf_counter() - started}))


def nodes(folder: str, home: str, *beam: str) -> None:
    """Prints the seconds of each node."""
    import yaml
    from tfx.dsl.compiler import compiler, constants
    from tfx.orchestration.portable import runtime_parameter_utils

    from pipeline.beam import beam_args
    from pipeline.dag import build_training
    from pipeline.home import Home
    from pipeline.places import Places
    from pipeline.recipe import load_recipe
    from pipeline.runner import launch_node
    from pipeline.sample_data import CLASSES

    recipe = Path(home, "ingest.yaml")
    recipe.write_text(yaml.safe_dump(
        {
            "name": "ingest",
            "summary": "images to examples",
            "data": {
                "classes": list(CLASSES),
                "image_size": SIDE,
                "patient": {"from": "filename", "regex": PATIENT},
            },
            "model": {"backbone": "scratch_cnn", "weights": "none"},
            "training": {},
            "evaluation": {"recall_floor": 0.5},
        }
    ))  # fmt: skip
    places = Places.of_home(Home.at(home))
    pipeline = compiler.Compiler().compile(
        build_training(load_recipe(str(recipe)), folder, places, "ingest", beam_args(beam))
    )
    runtime_parameter_utils.substitute_runtime_parameter(
        pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: "ingest"}
    )
    seconds = {node: launch_node(pipeline, node, places.metadata).record.seconds for node in NODES}
    print(json.dumps(seconds))


# === Measuring and telling ===


def measure(images: int, mode: str) -> dict[str, Any]:
    """Returns seconds of each node, images a second of those that count, and memory."""
    with tempfile.TemporaryDirectory() as home:
        found = watch([__file__, "--nodes", phantoms(images), home, *MODES[mode]])
        disk = {
            node: sum(
                file.stat().st_size for file in Path(home, "artifacts").glob(f"*/{node}/**/*.gz")
            )
            for node in COUNTED
        }
    seconds = json.loads(found.output.splitlines()[-1])
    rate = images / sum(seconds[node] for node in COUNTED)
    return {"images": images, "mode": mode, "seconds": seconds, "rate": rate, "peak": found.peak,
            "disk": disk}  # fmt: skip


def measure_limit(images: int) -> dict[str, Any]:
    found = watch([__file__, "--limit", phantoms(images)])
    values = json.loads(found.output.splitlines()[-1])
    rate = values["images"] / values["seconds"]
    return {"images": images, "mode": LIMIT, "seconds": {}, "rate": rate, "peak": found.peak}


def summarise(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Returns the figures that have a target, of the better mode."""
    largest = max(row["images"] for row in rows)
    smallest = min(row["images"] for row in rows)
    figures = {}
    for mode in MODES:
        ratios = [ours / theirs for ours, theirs in zip(
            values(rows, largest, mode, "rate"), values(rows, largest, LIMIT, "rate"), strict=True
        )]  # fmt: skip
        figures[f"rate_over_limit, {mode}"] = median(ratios)
        figures[f"memory_growth, {mode}"] = median(values(rows, largest, mode, "peak")) / median(
            values(rows, smallest, mode, "peak")
        )
    return figures


def values(rows: list[dict[str, Any]], images: int, mode: str, what: str) -> list[float]:
    return [row[what] for row in rows if (row["images"], row["mode"]) == (images, mode)]


def table(rows: list[dict[str, Any]]) -> Table:
    made = Table("images", "how", *(f"{node} s" for node in NODES), "images/s", "/ limit", "MB")
    for images in sorted({row["images"] for row in rows}):
        limits = values(rows, images, LIMIT, "rate")
        for mode in (LIMIT, *MODES):
            found = [row for row in rows if (row["images"], row["mode"]) == (images, mode)]
            seconds = [
                f"{median(row['seconds'][node] for row in found):.1f}"
                if found[0]["seconds"]
                else ""
                for node in NODES
            ]
            rates = values(rows, images, mode, "rate")
            ratio = median(a / b for a, b in zip(rates, limits, strict=True))
            made.add_row(
                str(images), mode, *seconds, f"{median(rates):.0f}", f"{ratio:.2f}",
                f"{median(values(rows, images, mode, 'peak')):.0f}", end_section=mode != LIMIT,
            )  # fmt: skip
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 8000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows = []
    for _ in range(chosen.rounds):
        for images in chosen.images:
            rows.append(measure_limit(images))
            rows += [measure(images, mode) for mode in MODES]
    figures = summarise(rows)
    Console(width=140).print(table(rows))
    for name, value in figures.items():
        word, target = TARGETS[name.split(",")[0]]
        print(f"{name}: {value:.2f} (target: {word} {target})")
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": figures, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--limit"]:
        limit(sys.argv[2])
    elif sys.argv[1:2] == ["--nodes"]:
        nodes(*sys.argv[2:])
    else:
        main()
