"""What the benchmarks of whole runs share: options, straight lines, targets, JSON."""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Target = tuple[str, float]  # `at least` or `at most`, and the value


def options(text: str, **defaults: Any) -> argparse.Namespace:
    """Reads the command line.

    Args:
        text: docstring of the benchmark; its first line is shown.
        defaults: name → value, a list where several may be given; `--json FILE` comes with them.
    """
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    for name, value in defaults.items():
        several = isinstance(value, list)
        kind = type(value[0] if several else value)
        parser.add_argument(f"--{name}", type=kind, nargs="+" if several else None, default=value)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def tell(
    chosen: argparse.Namespace,
    figures: Mapping[str, float],
    targets: Mapping[str, Target],
    rows: Sequence[Any],
) -> None:
    """Prints the figures beside their targets, and writes everything to `--json`.

    Args:
        chosen: of `options`.
        figures: what was found, by name.
        targets: of those that have one; a figure named `NAME, something` has that of NAME.
        rows: each measurement.
    """
    for name, value in figures.items():
        word, target = targets.get(name.split(",")[0], ("", 0.0))
        met = value >= target if word == "at least" else value <= target
        aim = f" (target: {word} {target:g}, {'met' if met else 'missed'})" if word else ""
        print(f"{name}: {value:.2f}{aim}")
    if chosen.json:
        given = {name: value for name, value in vars(chosen).items() if name != "json"}
        result = {"cores": os.cpu_count(), **given, "figures": dict(figures), "rows": rows}
        chosen.json.write_text(json.dumps(result, indent=1) + "\n")


def line(sizes: Sequence[int], values: Sequence[float]) -> tuple[float, float]:
    """Returns what is fixed and what comes on top for 1,000 images, by least squares."""
    if len(set(sizes)) < 2:
        return float("nan"), float("nan")
    slope, fixed = np.polyfit(sizes, values, 1)
    return float(fixed), float(slope * 1000)
