"""What does the pipeline cost over a plain Keras script that trains the same model?

    .venv/bin/python benchmarks/end_to_end.py [--images 1000 2000 4000] [--epochs 10] [--rounds 1]
        [--json FILE]

Both read the same PNG phantoms of 299 pixels, in the same splits, train a frozen MobileNetV2 0.35
with augmentation at 224 pixels for the same epochs, keep the best epoch, evaluate it on the test
split and export a SavedModel; see `plain_keras.py`. Whole processes are timed, imports included, in
turns. `medtfx run` starts in an empty home. What it does beyond the script, as statistics, audit,
report and the trial in a server, counts, and is listed apart. Memory and bytes on disk of each node
say how it grows.

$MEDTFX_WEIGHTS must hold the backbone's weights.
"""

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from phantoms import phantoms
from reporting import line, options, tell
from rich.console import Console
from rich.table import Table
from watched_process import watch
from watched_run import REST, medtfx_run, recipe, write_recipe

from components.image_example_gen.listing.listing import list_folders
from pipeline.recipes.loader import load_recipe

HERE = Path(__file__).parent
WEIGHTS = "mobilenet_v2_0.35_224_imagenet_no_top.weights.h5"
RATIO = "medtfx run / plain script"
CPU, MEMORY = f"{RATIO} by processor time", f"{RATIO} by peak memory"
TARGETS = {
    f"{RATIO} at 1000 images": ("at most", 1.25),
    f"{RATIO} at 4000 images": ("at most", 1.15),
    MEMORY: ("at most", 1.2),
}
SAME_WORK = (REST, "ImageExampleGen", "Transform", "Trainer", "Evaluator", "Pusher")


def link_splits(recipe: Path, images: Path, folder: Path) -> None:
    """Lays out the recipe's splits as folders, for the script."""
    for entry in list_folders(str(images), load_recipe(str(recipe)).data).entries:
        link = folder / entry.split / entry.relative
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(images / entry.relative)


def run_script(splits: Path, epochs: int) -> dict[str, Any]:
    """Returns what the script took, as a whole and by step."""
    weights = Path(os.environ["MEDTFX_WEIGHTS"], WEIGHTS)
    with tempfile.TemporaryDirectory() as out:
        found = watch([HERE / "plain_keras.py", splits, out, weights, epochs])
    seconds = json.loads(found.output.splitlines()[-1])
    parts = {"imports": found.seconds - sum(seconds.values()), **seconds}
    return {
        "seconds": found.seconds,
        "cpu": found.cpu,
        "peak": found.peak,
        "parts": {name: {"seconds": value} for name, value in parts.items()},
    }


def run_pipeline(recipe: Path, images: Path) -> dict[str, Any]:
    """Returns what the run took, as a whole and by node."""
    with tempfile.TemporaryDirectory() as home:
        run = medtfx_run(recipe, images, home)
    return {
        "seconds": run.process.seconds,
        "cpu": run.process.cpu,
        "peak": run.process.peak,
        "parts": {
            REST: {"seconds": run.rest},
            **{name: asdict(node) for name, node in run.nodes.items()},
        },
    }


# === Telling ===


def of_size(rows: list[dict[str, Any]], images: int) -> list[dict[str, Any]]:
    return [row for row in rows if row["images"] == images]


def ratios(rows: list[dict[str, Any]], what: str) -> list[float]:
    return [row["medtfx"][what] / row["script"][what] for row in rows]


def totals_table(rows: list[dict[str, Any]]) -> Table:
    table = Table("images", title="Whole processes: plain script, medtfx run")
    for what in ("s", "ratio", "CPU s", "ratio", "peak MB", "ratio"):
        table.add_column(what, justify="right")
    for images in sorted({row["images"] for row in rows}):
        own = of_size(rows, images)
        cells = []
        for what in ("seconds", "cpu", "peak"):
            both = (median(row[way][what] for row in own) for way in ("script", "medtfx"))
            cells += [
                " · ".join(f"{value:,.0f}" for value in both),
                f"{median(ratios(own, what)):.2f}",
            ]
        table.add_row(str(images), *cells)
    return table


def parts_table(rows: list[dict[str, Any]], way: str) -> Table:
    """What each part took at the largest size and, with several sizes, how it grows."""
    sizes = [row["images"] for row in rows]
    table = Table(
        way,
        title=f"{way} at {max(sizes)} images, and for 1,000 more",
        caption="* not done by the script",
    )
    now = ("s", "CPU s", "peak MB", "disk kB/image")
    for column in (*now, "fixed s", "s/1,000", "CPU s/1,000", "MB/1,000"):
        table.add_column(column, justify="right")
    largest = of_size(rows, max(sizes))
    for part in rows[0][way]["parts"]:

        def latest(what: str, digits: int, scale: float = 1, part: str = part) -> str:
            values = [row[way]["parts"][part].get(what) for row in largest]
            known = [value for value in values if value]  # of a short node there is no sample
            return f"{median(known) * scale:,.{digits}f}" if known else ""

        def grown(what: str, part: str = part) -> tuple[str, str]:
            values = [row[way]["parts"][part].get(what) for row in rows]
            if len(set(sizes)) < 2 or not all(values):
                return "", ""
            fixed, more = line(sizes, values)
            return f"{fixed:.2f}", f"{more:.2f}"

        beyond = way == "medtfx" and part not in SAME_WORK
        table.add_row(
            f"{part}{'*' if beyond else ''}",
            latest("seconds", 1),
            latest("cpu", 1),
            latest("memory", 0),
            latest("disk", 2, 1 / 1e3 / max(sizes)),
            *grown("seconds"),
            grown("cpu")[1],
            grown("memory")[1],
        )
    return table


def main() -> None:
    chosen = options(__doc__, images=[1000, 2000, 4000], epochs=10, rounds=1)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        recipe_file = write_recipe(recipe(chosen.epochs), temporary)
        for images in chosen.images:
            link_splits(recipe_file, phantoms(images), Path(temporary, str(images)))
        for _ in range(chosen.rounds):
            for images in chosen.images:
                script = run_script(Path(temporary, str(images)), chosen.epochs)
                medtfx = run_pipeline(recipe_file, phantoms(images))
                rows.append({"images": images, "script": script, "medtfx": medtfx})
                (told,) = ratios(rows[-1:], "seconds")
                print(f"{images} images: {RATIO} {told:.2f}", flush=True)
    console = Console(width=120)
    for table in (parts_table(rows, "script"), parts_table(rows, "medtfx"), totals_table(rows)):
        console.print(table)
    figures = {
        name: ratios(of_size(rows, images), what)
        for images in chosen.images
        for name, what in (
            (f"{RATIO} at {images} images", "seconds"),
            (f"{CPU}, {images} images", "cpu"),
            (f"{MEMORY}, {images} images", "peak"),
        )
    }
    tell(chosen, figures, TARGETS, rows)


if __name__ == "__main__":
    main()
