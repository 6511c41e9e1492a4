"""What does the pipeline cost over a plain Keras script that trains the same model?

    .venv/bin/python benchmarks/end_to_end.py [--images 1000 2000 4000] [--epochs 10] [--rounds 1]
        [--json FILE]

Both read the same PNG phantoms of 299 pixels, in the same splits, train a frozen MobileNetV2 0.35
with augmentation at 224 pixels for the same epochs, keep the best epoch, evaluate it on the test
split and export a SavedModel; see `plain_keras.py`. Whole processes are timed, imports included, in
turns. `medtfx run` starts in an empty home. What it does beyond the script, as statistics, audit,
report and the trial in a server, counts, and is listed apart.

$MEDTFX_WEIGHTS must hold the backbone's weights.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import yaml
from phantoms import PATIENT, phantoms
from rich.console import Console
from rich.table import Table
from watched_process import MEDTFX, watch

from components.image_example_gen.listing import list_folders
from pipeline.recipe import load_recipe
from pipeline.sample_data import CLASSES

HERE = Path(__file__).parent
WEIGHTS = "mobilenet_v2_0.35_224_imagenet_no_top.weights.h5"
TARGET = 1.3
SAME_WORK = ("ImageExampleGen", "Transform", "Trainer", "Evaluator", "Pusher")
REST = "imports, listing, compilation"


def recipe_of(epochs: int) -> dict[str, Any]:
    """Returns the recipe that says what `plain_keras.py` does."""
    return {
        "name": "end-to-end",
        "summary": "The plain script as a recipe",
        "data": {
            "classes": list(CLASSES),
            "image_size": 224,
            "patient": {"from": "filename", "regex": PATIENT},
        },
        "model": {"backbone": "mobilenet_v2", "alpha": 0.35, "dropout": 0.2},
        "training": {
            "epochs": epochs,
            "early_stopping": {"patience": epochs},
            "balance": "none",
            "schedule": "constant",
            "augmentation": {"zoom": 0.1, "rotation": 0.04},
        },
        # A bound that is always met: the push is part of the work.
        "evaluation": {"recall_floor": 0.001, "floor_on": "point"},
        "audit": {"leaks": "report"},  # of thousands of phantoms some look alike
    }


def link_splits(recipe: Path, images: Path, folder: Path) -> None:
    """Lays out the recipe's splits as folders, for the script."""
    for entry in list_folders(str(images), load_recipe(str(recipe)).data).entries:
        link = folder / entry.split / entry.relative
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(images / entry.relative)


def run_script(splits: Path, epochs: int) -> dict[str, float]:
    """Returns the seconds of the script's steps; `total` is the whole process."""
    weights = Path(os.environ["MEDTFX_WEIGHTS"], WEIGHTS)
    with tempfile.TemporaryDirectory() as out:
        found = watch([HERE / "plain_keras.py", splits, out, weights, epochs], memory=False)
    seconds = json.loads(found.output.splitlines()[-1])
    return {
        "imports": found.seconds - sum(seconds.values()),
        **seconds,
        "total": found.seconds,
    }


def run_pipeline(recipe: Path, images: Path) -> dict[str, float]:
    """Returns the seconds of the nodes; `total` is the whole process."""
    with tempfile.TemporaryDirectory() as home:
        command = [*MEDTFX, "run", recipe, "--data", images, "--home", home]
        found = watch(command, allowed=(0, 3), memory=False)
        (record,) = Path(home, "runs").glob("*.json")
        nodes = json.loads(record.read_text())["nodes"]
    seconds = {node["node"]: node["seconds"] for node in nodes}
    return {REST: found.seconds - sum(seconds.values()), **seconds, "total": found.seconds}


def line(sizes: list[int], seconds: list[float]) -> tuple[float, float]:
    """Returns the fixed seconds and those for 1,000 images, by least squares."""
    if len(set(sizes)) < 2:
        return float("nan"), float("nan")
    slope, fixed = np.polyfit(sizes, seconds, 1)
    return float(fixed), float(slope * 1000)


def totals_table(found: list[dict[str, Any]], ratios: dict[int, float]) -> Table:
    table = Table("images", "plain script s", "medtfx run s", "ratio")
    for size, ratio in ratios.items():
        rows = [one for one in found if one["images"] == size]
        seconds = [median(one[way]["total"] for one in rows) for way in ("script", "medtfx")]
        table.add_row(str(size), *(f"{value:.1f}" for value in seconds), f"{ratio:.2f}")
    return table


def parts_table(found: list[dict[str, Any]], way: str) -> Table:
    """Seconds of each part at the largest size, and how they grow."""
    largest = max(one["images"] for one in found)
    table = Table(
        way, f"s at {largest}", "fixed s", "s / 1,000 images", "the script does it", title=way
    )
    sizes = [one["images"] for one in found]
    for part in found[0][way]:
        seconds = [one[way][part] for one in found]
        at_largest = median(one[way][part] for one in found if one["images"] == largest)
        fixed, slope = line(sizes, seconds)
        same = way == "script" or part in (*SAME_WORK, "total", REST)
        table.add_row(
            part, f"{at_largest:.1f}", f"{fixed:.1f}", f"{slope:.2f}", "" if same else "no"
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 2000, 4000])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        recipe = Path(temporary, "end-to-end.yaml")
        recipe.write_text(yaml.safe_dump(recipe_of(chosen.epochs)))
        for size in chosen.images:
            link_splits(recipe, phantoms(size), Path(temporary, str(size)))
        for _ in range(chosen.rounds):
            for size in chosen.images:
                script = run_script(Path(temporary, str(size)), chosen.epochs)
                found.append(
                    {
                        "images": size,
                        "script": script,
                        "medtfx": run_pipeline(recipe, phantoms(size)),
                    }
                )
    ratios = {
        size: median(
            one["medtfx"]["total"] / one["script"]["total"]
            for one in found
            if one["images"] == size
        )
        for size in chosen.images
    }
    for table in (parts_table(found, "script"), parts_table(found, "medtfx")):
        Console().print(table)
    Console().print(totals_table(found, ratios))
    print(f"ratio at {max(ratios)} images: {ratios[max(ratios)]:.2f} (target: at most {TARGET})")
    if chosen.json:
        chosen.json.write_text(json.dumps({"ratios": ratios, "rows": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
