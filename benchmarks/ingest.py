"""How near does ingestion come to decoding and measuring each file once?

    .venv/bin/python benchmarks/ingest.py [--images 1000 5000] [--rounds 1] [--json FILE]

The limit is `read_image` and `measure` in threads on all processors, and a resize to 224 pixels:
each file is read, checked, decoded, hashed and measured once, and nothing is written.
ImageExampleGen, DataAudit and Transform do that, split by patient, check the data set, and write
two data sets; StatisticsGen and SchemaGen, which run between them, are timed apart. Both take
turns, each in a process of its own. Memory is that of the process and its children, with and
without the pages of files: half of it is code of TensorFlow and others, which the kernel takes back
when it needs room.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from phantoms import phantoms
from reporting import options, tell
from rich.console import Console
from rich.table import Table
from watched_process import watch
from watched_run import recipe, write_recipe

from components.runtime.lean_imports import load_tensorflow

NODES = (
    "ImageExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "StatisticsBaseline",
    "DataAudit",
    "Transform",
)
COUNTED = ("ImageExampleGen", "DataAudit", "Transform")
PIPELINE = "medtfx"
LIMIT = "limit"
RATE, MEMORY = "images/s over the limit", "peak memory MB"
OWN = "peak memory without pages of files, MB"
TARGETS = {RATE: ("at least", 0.6), MEMORY: ("at most", 700.0)}


# === What runs in processes of their own ===


def clock() -> tuple[float, float]:
    """Returns wall seconds, and processor seconds of this process and its children so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(one.ru_utime + one.ru_stime for one in used)


def since(start: tuple[float, float]) -> dict[str, float]:
    now = clock()
    return {"seconds": now[0] - start[0], "cpu": now[1] - start[1]}


def limit(folder: str) -> None:
    """Prints what it takes to read, decode, measure and resize each file once."""
    from components.imaging.images import read_image
    from components.imaging.measures.image_record import measure
    from components.runtime.threads import map_in_threads

    def once(path: Path) -> None:
        picture = read_image(path.read_bytes()).picture
        measure(picture)
        picture.resize((224, 224))

    started = clock()
    for _ in map_in_threads(once, sorted(Path(folder).glob("*/*.png"))):
        pass
    print(json.dumps({LIMIT: since(started)}))


def nodes(recipe_file: str, folder: str, home: str) -> None:
    """Prints what each node takes."""
    load_tensorflow()  # as `medtfx run` does
    from launched import Launched

    run = Launched(Path(recipe_file), Path(folder), Path(home))
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
            found = watch([__file__, "--nodes", file, folder, home])
    took = json.loads(found.output.splitlines()[-1])
    counted = [took[name] for name in took if name in (LIMIT, *COUNTED)]
    return {
        "images": images,
        "mode": mode,
        "nodes": took,
        "rate": images / sum(one["seconds"] for one in counted),
        "cpu_rate": images / sum(one["cpu"] for one in counted),
        "peak": found.peak,
        "own": found.peak_own,
    }


def of(rows: list[dict[str, Any]], images: int, mode: str, what: str) -> list[float]:
    return [row[what] for row in rows if (row["images"], row["mode"]) == (images, mode)]


def ratios(values: list[float], limits: list[float]) -> list[float]:
    """Returns the ratio of each round."""
    return [value / limit for value, limit in zip(values, limits, strict=True)]


def summarise(rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Returns the figures that have a target."""
    sizes = sorted({row["images"] for row in rows})
    figures = {}
    for images in sizes:
        for what, clock_name in (("rate", "wall"), ("cpu_rate", "CPU")):
            both = (of(rows, images, mode, what) for mode in (PIPELINE, LIMIT))
            figures[f"{RATE}, {images} images, {clock_name}"] = ratios(*both)
        figures[f"{MEMORY}, {images} images"] = of(rows, images, PIPELINE, "peak")
        figures[f"{OWN}, {images} images"] = of(rows, images, PIPELINE, "own")
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
    chosen = options(__doc__, images=[1000, 5000], rounds=1)
    rows = [
        measure(images, mode)
        for _ in range(chosen.rounds)
        for images in chosen.images
        for mode in (LIMIT, PIPELINE)
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
