"""How near do ExampleGen and Transform come to reading, decoding and resizing alone?

    .venv/bin/python benchmarks/ingest.py [--images 1000 8000] [--rounds 1] [--json FILE]

The limit is tf.data on all processors: read a file, decode it, resize it to 224 pixels, and nothing
else. ImageExampleGen and Transform do that, check each file, split by patient, hash, and write two
data sets; between them StatisticsGen and SchemaGen run, which are timed apart. Beam works in the
process of the node, or in a process a processor. All take turns, each in a process of its own.
Memory is that of the process and its children.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from phantoms import phantoms
from reporting import options, tell
from rich.console import Console
from rich.table import Table
from watched_process import watch
from watched_run import recipe, write_recipe

NODES = ("ImageExampleGen", "StatisticsGen", "SchemaGen", "Transform")
COUNTED = ("ImageExampleGen", "Transform")
MODES = {
    "in the process": [],
    "multi-processing": [
        "--direct_running_mode=multi_processing",
        f"--direct_num_workers={os.cpu_count()}",
    ],
}
LIMIT = "limit"
RATE, GROWTH = "images/s over the limit", "peak memory, largest over smallest set"
TARGETS = {RATE: ("at least", 0.6), GROWTH: ("at most", 1.5)}


# === What runs in processes of their own ===


def clock() -> tuple[float, float]:
    """Returns wall seconds, and processor seconds of this process and its children so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)


def since(start: tuple[float, float]) -> dict[str, float]:
    now = clock()
    return {"seconds": now[0] - start[0], "cpu": now[1] - start[1]}


def limit(folder: str) -> None:
    """Prints what tf.data takes to read, decode and resize."""
    import tensorflow as tf

    def read(path: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(tf.io.read_file(path), channels=1, expand_animations=False)
        resized = tf.image.resize(image, [224, 224], antialias=True)
        return tf.cast(tf.round(resized), tf.uint8)

    files = [str(path) for path in sorted(Path(folder).glob("*/*.png"))]
    images = tf.data.Dataset.from_tensor_slices(files).map(read, tf.data.AUTOTUNE).batch(32)
    started = clock()
    for _ in images:
        pass
    print(json.dumps({LIMIT: since(started)}))


def nodes(recipe_file: str, folder: str, home: str, *beam: str) -> None:
    """Prints what each node takes."""
    from launched import Launched

    run = Launched(Path(recipe_file), Path(folder), Path(home), beam)
    took = {}
    for node in NODES:
        started = clock()
        run.node(node)
        took[node] = since(started)
    print(json.dumps(took))


# === Measuring and telling ===


def measure(images: int, mode: str) -> dict[str, Any]:
    """Returns what the nodes take, or the limit."""
    with tempfile.TemporaryDirectory() as home:
        file, folder = write_recipe(recipe(epochs=1), home), phantoms(images)
        if mode == LIMIT:
            found = watch([__file__, "--limit", folder])
        else:
            found = watch([__file__, "--nodes", file, folder, home, *MODES[mode]])
    took = json.loads(found.output.splitlines()[-1])
    counted = [took[name] for name in took if name in (LIMIT, *COUNTED)]
    return {
        "images": images,
        "mode": mode,
        "nodes": took,
        "rate": images / sum(one["seconds"] for one in counted),
        "cpu_rate": images / sum(one["cpu"] for one in counted),
        "peak": found.peak,
    }


def of(rows: list[dict[str, Any]], images: int, mode: str, what: str) -> float:
    return median(row[what] for row in rows if (row["images"], row["mode"]) == (images, mode))


def summarise(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Returns the figures that have a target."""
    sizes = sorted({row["images"] for row in rows})
    figures = {}
    for mode in MODES:
        for images in sizes:
            for what, clock_name in (("rate", "wall"), ("cpu_rate", "CPU")):
                figures[f"{RATE}, {mode}, {images} images, {clock_name}"] = of(
                    rows, images, mode, what
                ) / of(rows, images, LIMIT, what)
        smallest, *_, largest = (of(rows, images, mode, "peak") for images in (*sizes, sizes[-1]))
        figures[f"{GROWTH}, {mode}"] = largest / smallest
    return figures


def table(rows: list[dict[str, Any]]) -> Table:
    made = Table("images", "how", title="Wall seconds (CPU seconds)")
    for column in (*NODES, "images/s", "images/CPU s", "peak MB"):
        made.add_column(column, justify="right")
    for row in sorted(rows, key=lambda row: (row["images"], row["mode"])):
        cells = [
            f"{took['seconds']:.1f} ({took['cpu']:.1f})" if took else ""
            for took in map(row["nodes"].get, NODES)
        ]
        rates = (row["rate"], row["cpu_rate"], row["peak"])
        made.add_row(str(row["images"]), row["mode"], *cells, *(f"{value:,.0f}" for value in rates))
    return made


def main() -> None:
    chosen = options(__doc__, images=[1000, 8000], rounds=1)
    rows = [
        measure(images, mode)
        for _ in range(chosen.rounds)
        for images in chosen.images
        for mode in (LIMIT, *MODES)
    ]
    Console(width=140).print(table(rows))
    tell(chosen, summarise(rows), TARGETS, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--limit"]:
        limit(sys.argv[2])
    elif sys.argv[1:2] == ["--nodes"]:
        nodes(*sys.argv[2:])
    else:
        main()
