"""What grows in one process, whatever Beam runs on?

    .venv/bin/python benchmarks/scale.py [--files 50000 100000]
        [--json FILE]

The Beam nodes spread over machines; a few steps do not. Measured on empty files: listing the data
folder, its fingerprint, the lists for the shards and the training ledger. Processor time and memory
of each, and what a million images would take, in proportion.
"""

import json
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from phantoms import PATIENT
from reporting import options, tell
from rich.console import Console
from rich.table import Table

from components.image_example_gen.listing import fingerprint, list_folders
from components.image_example_gen.shards import write_lists
from components.recipe.recipe import Recipe
from components.storage import files
from pipeline.retraining.training_data import describe_data
from pipeline.sample_data import CLASSES

LISTING, FINGERPRINT = "listing the folder", "fingerprint alone (driver)"
SHARDS, LEDGER = "lists of the shards", "training ledger"


def measured(work: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """Returns the result; the processor's seconds, and the most MB allocated in a second run."""
    started = time.process_time()
    result = work()
    seconds = time.process_time() - started
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return result, (seconds, peak)


def row(step: str, images: int, took: tuple[float, float], disk: int = 0) -> dict[str, Any]:
    seconds, memory = took
    return {"step": step, "images": images, "seconds": seconds, "memory": memory, "disk": disk}


def listed(count: int, recipe: Recipe) -> list[dict[str, Any]]:
    """Measures the steps that see every file's name."""
    with tempfile.TemporaryDirectory() as folder:
        base, lists = Path(folder, "data"), Path(folder, "lists")
        lists.mkdir()
        for label in CLASSES:
            Path(base, label).mkdir(parents=True)
        for number in range(count):
            # Two films of each patient.
            label = CLASSES[number // 2 % len(CLASSES)]
            Path(base, label, f"P{number // 2:07d}_PA_{number % 2}.png").touch()
        listing, took = measured(lambda: list_folders(str(base), recipe.data))
        rows = [row(LISTING, count, took)]
        _, took = measured(lambda: fingerprint(files.walk(str(base))))
        rows.append(row(FINGERPRINT, count, took))
        _, took = measured(lambda: write_lists(listing.entries, b"key", str(lists)))
        written = sum(file.stat().st_size for file in lists.iterdir())
        rows.append(row(SHARDS, count, took, written))
        text, took = measured(lambda: json.dumps(describe_data(recipe, listing, b"key").plain()))
        rows.append(row(LEDGER, count, took, len(text)))
    return rows


def for_a_million(largest: dict[str, Any]) -> dict[str, float]:
    """Extrapolates in proportion."""
    times = 1e6 / largest["images"]
    return {
        "CPU s": largest["seconds"] * times,
        "GB": largest["memory"] * times / 1e3,
        "GB on disk": largest["disk"] * times / 1e9,
    }


def main() -> None:
    chosen = options(__doc__, files=[50_000, 100_000])
    recipe = Recipe.model_validate(
        {
            "name": "scale",
            "summary": "names alone",
            "data": {
                "classes": list(CLASSES),
                "patient": {"from": "filename", "regex": PATIENT.replace("4", "7")},
            },
            "model": {"backbone": "scratch_cnn", "weights": "none"},
            "training": {},
            "evaluation": {"recall_floor": 0.5},
        }
    )
    rows = [row for count in chosen.files for row in listed(count, recipe)]
    table = Table("step", title="One process: measured, and for a million images")
    for column in ("images", "CPU s", "MB", "MB on disk", "million: CPU s", "GB", "GB on disk"):
        table.add_column(column, justify="right")
    million = {}
    for step in dict.fromkeys(one["step"] for one in rows):
        last = max((r for r in rows if r["step"] == step), key=lambda r: r["images"])
        million[step] = guess = for_a_million(last)
        table.add_row(
            step, f"{last['images']:,}", f"{last['seconds']:.1f}", f"{last['memory']:.0f}",
            f"{last['disk'] / 1e6:.1f}", f"{guess['CPU s']:,.0f}", f"{guess['GB']:.2f}",
            f"{guess['GB on disk']:.2f}",
        )  # fmt: skip
    Console(width=110).print(table)
    figures = {
        f"a million images, {step}, {what}": value
        for step, guess in million.items()
        for what, value in guess.items()
    }
    tell(chosen, figures, {}, rows)


if __name__ == "__main__":
    main()
