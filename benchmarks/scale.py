"""How do time and memory of each node grow with the images?

    .venv/bin/python benchmarks/scale.py [--images 10000 100000 1000000] [--listed 1000000]
        [--nodes ImageExampleGen StatisticsGen ...] [--beam OPTION ...]
        [--json FILE]

Tiny images, of 32 pixels, so that what is measured is what grows with their number, not with their
size. Each node runs in a process of its own, one after the other as in a run; its processor time is
that of the node without imports, its memory the most of the process and its children, of which TFX
and TensorFlow take 0.7 GB before the first image. The slope is that of the line through the
logarithms of images and time: 1 is in proportion. `--listed` lists as many empty files, as a whole
and in parts.

A million images take 12 GB below $TMPDIR, and half an hour on two cores.
"""

import json
import math
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest import clock, since
from reporting import options, tell
from rich.console import Console
from rich.table import Table
from tiny_images import PATIENT, SIDE, write_tiny_images
from watched_process import watch
from watched_run import write_recipe

from components.runtime.lean_imports import load_tensorflow
from pipeline.sample_data import CLASSES

NODES = ["ImageExampleGen", "StatisticsGen", "SchemaGen", "DataAudit", "Transform"]
LIST_HERE, LIST_PARTS, FINGERPRINT = "list_folders", "list_shards", "fingerprint"
SLOPE = "slope"
TARGETS = {SLOPE: ("at most", 1.05)}


def recipe() -> dict[str, Any]:
    return {
        "name": "scale",
        "summary": "Tiny images",
        "data": {
            "classes": list(CLASSES),
            "image_size": SIDE,
            "color": "grayscale",
            "patient": {"from": "filename", "regex": PATIENT},
        },
        "model": {"backbone": "scratch_cnn", "weights": "none"},
        "training": {"epochs": 1},
        "evaluation": {"recall_floor": 0.5},
    }


# === What runs in processes of their own ===


def run_node(name: str, recipe_file: str, folder: str, home: str, *beam: str) -> None:
    """Prints what a node takes."""
    load_tensorflow()  # as `medtfx run` does
    from launched import Launched

    run = Launched(Path(recipe_file), Path(folder), Path(home), beam, run="scale")
    started = clock()
    run.node(name)
    print(json.dumps(since(started)))


def run_step(name: str, recipe_file: str, folder: str, home: str) -> None:
    """Prints what a step on the names alone takes."""
    from pipeline.recipes.loader import load_recipe

    step = _steps()[name]
    data = load_recipe(recipe_file).data
    started = clock()
    step(folder, data, home)
    print(json.dumps(since(started)))


def _steps() -> dict[str, Callable[[str, Any, str], object]]:
    from components.image_example_gen.listing.listing import fingerprint, list_folders
    from components.image_example_gen.shards.list_shards import list_shards
    from components.image_example_gen.shards.parts import Rules
    from components.storage import files

    def in_parts(folder: str, data: Any, home: str) -> object:
        return list_shards(Rules(folder, data, b"key"), home, lambda: None, on_engine=False)

    return {
        FINGERPRINT: lambda folder, _data, _home: fingerprint(files.walk(folder)),
        LIST_PARTS: in_parts,
        LIST_HERE: lambda folder, data, _home: list_folders(folder, data),
    }


# === Measuring and telling ===


def measured(kind: str, name: str, images: int, *arguments: Any) -> dict[str, Any]:
    found = watch([__file__, kind, name, *arguments])
    took = json.loads(found.output.splitlines()[-1])
    row = {"node": name, "images": images, "memory": found.peak, **took}
    print(json.dumps(row), flush=True)
    return row


def of_nodes(images: int, nodes: list[str], beam: list[str]) -> list[dict[str, Any]]:
    """Measures the nodes one after the other."""
    with tempfile.TemporaryDirectory() as place:
        folder, home = Path(place, "data"), Path(place, "home")
        write_tiny_images(folder, images)
        file = write_recipe(recipe(), place)
        return [measured("--node", name, images, file, folder, home, *beam) for name in nodes]


def of_listing(files: int) -> list[dict[str, Any]]:
    """Measures the steps that see names alone."""
    with tempfile.TemporaryDirectory() as place:
        folder, home = Path(place, "data"), Path(place, "parts")
        write_tiny_images(folder, files, empty=True)
        file, rows = write_recipe(recipe(), place), []
        for name in (FINGERPRINT, LIST_PARTS, LIST_HERE):
            home.mkdir()
            rows.append(measured("--step", name, files, file, folder, home))
            shutil.rmtree(home)
        return rows


def slopes(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Returns the growth of the processor's time from the second largest number of images."""
    found = {}
    for name in dict.fromkeys(row["node"] for row in rows):
        of_name = sorted((row for row in rows if row["node"] == name), key=lambda r: r["images"])
        if len(of_name) > 1:
            less, more = of_name[-2:]
            growth = math.log(more["cpu"] / less["cpu"])
            found[f"{SLOPE}, {name}"] = growth / math.log(more["images"] / less["images"])
    return found


def table(rows: list[dict[str, Any]]) -> Table:
    made = Table("node", title="Time and memory of each node")
    for column in ("images", "wall s", "CPU s", "CPU ms an image", "peak MB"):
        made.add_column(column, justify="right")
    for row in sorted(rows, key=lambda row: (row["node"], row["images"])):
        made.add_row(
            row["node"], f"{row['images']:,}", f"{row['seconds']:.1f}", f"{row['cpu']:.1f}",
            f"{row['cpu'] / row['images'] * 1e3:.3f}", f"{row['memory']:,.0f}",
        )  # fmt: skip
    return made


def main() -> None:
    chosen = options(
        __doc__, images=[10_000, 100_000, 1_000_000], listed=[1_000_000], nodes=NODES, beam=[""]
    )
    beam = [option for option in chosen.beam if option]
    rows = [row for count in chosen.images if count for row in of_nodes(count, chosen.nodes, beam)]
    rows += [row for count in chosen.listed if count for row in of_listing(count)]
    Console(width=110).print(table(rows))
    tell(chosen, slopes(rows), TARGETS, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--node"]:
        run_node(*sys.argv[2:])
    elif sys.argv[1:2] == ["--step"]:
        run_step(*sys.argv[2:])
    else:
        main()
