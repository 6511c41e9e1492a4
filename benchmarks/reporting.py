"""What the benchmarks share: options, straight lines, figures beside targets, results as JSON."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
Target = tuple[str, float]  # `at least` or `at most`, and the value
Figure = float | Sequence[float]  # one value, or one of each paired round


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
    figures: Mapping[str, Figure],
    targets: Mapping[str, Target],
    rows: Sequence[Any],
) -> None:
    """Prints the figures beside their targets, and writes everything to `--json`.

    Args:
        chosen: of `options`.
        figures: what was found, by name; several values are those of the rounds, in each of which
            both sides were measured: the median and the range are shown.
        targets: of those that have one; a figure named `NAME, something` has that of NAME.
        rows: each measurement.
    """
    results = {name: _result(name, value, targets) for name, value in figures.items()}
    for name, result in results.items():
        print(f"{name}: {described(result)}")
    if chosen.json:
        content = {**_circumstances(), "results": results, "rows": rows}
        chosen.json.write_text(json.dumps(content, indent=1) + "\n")


def described(result: Mapping[str, Any]) -> str:
    """Returns the median of a result with its range, and whether the target is met."""
    values = result["values"]
    spread = f" ({min(values):.2f}-{max(values):.2f})" if len(values) > 1 else ""
    text = f"{median(values):.2f}{spread}"
    if result["target"] is None:
        return text
    met = meets(median(values), result["target"])
    return f"{text}, {'met' if met else 'missed'}: {' '.join(map(str, result['target']))}"


def meets(value: float, target: Sequence[Any]) -> bool:
    """Returns whether a value is at least, or at most, the target."""
    word, limit = target
    return value >= limit if word == "at least" else value <= limit


def _result(name: str, value: Figure, targets: Mapping[str, Target]) -> dict[str, Any]:
    values = [float(one) for one in (value if isinstance(value, Sequence) else [value])]
    return {"values": values, "target": targets.get(name.split(",")[0])}


def _circumstances() -> dict[str, Any]:
    """Returns machine, commit, stack, command and day, as they stand beside each figure."""
    return {
        "machine": machine(),
        "commit": _commit(),
        "python": platform.python_version(),
        "command": " ".join(["benchmarks/" + Path(sys.argv[0]).name, *_arguments()]),
        "date": date.today().isoformat(),
    }


def _arguments() -> list[str]:
    """Returns the command line without `--json FILE`."""
    given = list(sys.argv[1:])
    if "--json" in given:
        place = given.index("--json")
        del given[place : place + 2]
    return given


def machine() -> str:
    """Returns processor, number of cores and memory of this machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [one.partition(":")[2].strip() for one in lines if one.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"


def _commit() -> str:
    """Returns the short commit, with a + where files have changed since."""
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    sources = ["--", ".", ":!benchmarks/results", ":!docs/benchmarks.md"]
    changed = subprocess.run(
        [*git, "status", "--porcelain", *sources], capture_output=True, text=True
    )
    return commit.stdout.strip() + ("+" if changed.stdout.strip() else "")


def line(sizes: Sequence[int], values: Sequence[float]) -> tuple[float, float]:
    """Returns what is fixed and what comes on top for 1,000 images, by least squares."""
    if len(set(sizes)) < 2:
        return float("nan"), float("nan")
    slope, fixed = np.polyfit(sizes, values, 1)
    return float(fixed), float(slope * 1000)
