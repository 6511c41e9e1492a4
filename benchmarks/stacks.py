"""The two stacks side by side: how long TFX takes to import, and the pipeline on sample images.

    .venv/bin/python benchmarks/stacks.py [--rounds 3] [--json FILE]

Runs from the stack `wide`; `current` runs in the Debian 13 of `make test-current` (takes root).
The stacks take turns, so a machine busy with other things slows both alike.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).parents[1]
# In one process: what a run pays before its first node, then the run as a user types it.
_MEASURE = """
import json, subprocess, sys, tempfile, time
def seconds(*command):
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started
with tempfile.TemporaryDirectory() as folder:
    medtfx = [sys.executable, "-c", "from pipeline.cli.main import main; main()"]
    seconds(*medtfx, "sample-data", folder + "/images")
    run = [*medtfx, "run", "quickstart", "--data", folder + "/images", "--home", folder + "/home"]
    print("MEASURED", json.dumps({
        "import tfx": seconds(sys.executable, "-c", "from tfx import v1"),
        "medtfx run quickstart": seconds(*run),
        "the same again, cached": seconds(*run),
    }))
"""
_COMMANDS = {
    "wide": [sys.executable, "-c", _MEASURE],
    "current": ["scripts/test-current", "--run", ".venv/bin/python", "-c", _MEASURE],
}


def measure(stack: str) -> dict[str, float]:
    """Returns what was measured → seconds, on one stack."""
    done = subprocess.run(_COMMANDS[stack], cwd=REPOSITORY, capture_output=True, text=True)
    found = re.search(r"^MEASURED (.*)$", done.stdout, flags=re.MULTILINE)
    if found is None:
        sys.exit(f"{stack}: {done.stderr.strip()[-2000:]}")
    return json.loads(found[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rounds: dict[str, list[dict[str, float]]] = {stack: [] for stack in _COMMANDS}
    for _ in range(arguments.rounds):
        for stack, found in rounds.items():
            found.append(measure(stack))
    table = Table("seconds", *rounds, "current / wide")
    for what in rounds["wide"][0]:
        values = {stack: [one[what] for one in found] for stack, found in rounds.items()}
        ratios = [b / a for a, b in zip(values["wide"], values["current"], strict=True)]
        table.add_row(
            what, *(f"{median(one):.1f}" for one in values.values()), f"{median(ratios):.2f}"
        )
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rounds, indent=2))


if __name__ == "__main__":
    main()
