"""What does it cost to run again: on unchanged data, and with 5 % new images?

    .venv/bin/python benchmarks/retrain.py [--images 2000] [--epochs 5] [--json FILE]

Runs one recipe in one home: on an empty one; again; asked whether there is anything new
(`--if-new`); and with 5 % new phantoms, while `medtfx serve` serves the pushed version and is asked
for the newest one ten times a second. Whole commands are timed, imports included. The table says
which nodes worked, and which took their result from the cache, and how many images went through the
frozen backbone: the first phase is not augmented, so the features of known images are kept.

$MEDTFX_WEIGHTS must hold the backbone's weights.
"""

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from phantoms import phantoms
from reporting import options, tell
from rich.console import Console
from rich.table import Table
from watched_process import MEDTFX, ROOT, watch
from watched_run import Run, medtfx_run, recipe, write_recipe

TARGETS = {"features computed": ("at most", 0.06)}
FIRST, AGAIN, DECLINED, MORE = "empty home", "unchanged", "unchanged, --if-new", "5 % new images"


@contextmanager
def serving(home: str) -> Iterator[tuple[str, str]]:
    """Serves the home's models; gives HOST:PORT of gRPC and the address of the model's status."""
    with socket.socket() as one, socket.socket() as another:
        for taken in (one, another):
            taken.bind(("127.0.0.1", 0))
        port, rest = one.getsockname()[1], another.getsockname()[1]
    command = [sys.executable, *MEDTFX, "serve", "--home", home]
    command += ["--port", str(port), "--rest-port", str(rest)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{rest}/v1/models/phantoms"
        while available(address) is None:
            if server.poll() is not None:
                raise SystemExit("medtfx serve has ended.")
            time.sleep(0.1)
        yield f"127.0.0.1:{port}", address
    finally:
        server.terminate()
        server.wait()


def available(address: str) -> int | None:
    """Returns the newest version that is served; None if there is none."""
    try:
        with urllib.request.urlopen(address) as answer:
            states = json.load(answer)["model_version_status"]
    except OSError:
        return None
    return max((int(s["version"]) for s in states if s["state"] == "AVAILABLE"), default=None)


class FirstSeen(threading.Thread):
    """Notes when each version was first served, on the wall clock."""

    def __init__(self, address: str):
        super().__init__(daemon=True)
        self._address, self._wanted = address, True
        self.at: dict[int, float] = {}

    def run(self) -> None:
        """Asks until it is stopped."""
        while self._wanted:
            if (version := available(self._address)) is not None:
                self.at.setdefault(version, time.time())
            time.sleep(0.1)

    def stop(self) -> None:
        """Stops, and waits for it."""
        self._wanted = False
        self.join()


def features(home: str) -> int:
    """Returns how many features of images have been computed in a home so far."""
    (file,) = Path(home, "checkpoints", "features").glob("*.npz")
    with np.load(file) as stored:
        return len(stored["keys"])


def totals(run: Run) -> dict[str, Any]:
    return {
        "seconds": run.process.seconds,
        "cpu": run.process.cpu,
        "worked": [name for name, node in run.nodes.items() if not node.cached],
        "nodes": {name: node.seconds for name, node in run.nodes.items()},
    }


def measure(images: int, epochs: int, home: str) -> tuple[dict[str, Any], float]:
    """Returns each run, and the seconds from the start of the last one until it was served."""
    values = recipe(epochs)
    values["training"]["augment_head"] = False
    file = write_recipe(values, home)
    found = {name: totals(medtfx_run(file, phantoms(images), home)) for name in (FIRST, AGAIN)}
    first = features(home)
    command = [*MEDTFX, "run", file, "--data", phantoms(images), "--home", home, "--if-new"]
    declined = watch(command, (4,))
    found[DECLINED] = {"seconds": declined.seconds, "cpu": declined.cpu, "worked": []}
    with serving(home) as (_, address):
        seen = FirstSeen(address)
        seen.start()
        started = time.time()
        run = medtfx_run(file, phantoms(images + images // 20), home)
        version = run.record["version"]
        if version is None:
            raise SystemExit(f"Nothing was pushed: {run.record['sentence']}")
        while version not in seen.at:
            time.sleep(0.1)
        seen.stop()
    found[FIRST]["features"] = first
    return {**found, MORE: totals(run) | {"features": features(home) - first}}, (
        seen.at[version] - started
    )


def main() -> None:
    chosen = options(__doc__, images=2000, epochs=5)
    with tempfile.TemporaryDirectory() as home:
        runs, served = measure(chosen.images, chosen.epochs, home)
    table = Table("run", title=f"{chosen.images} images, {chosen.epochs} epochs")
    for column in ("s", "CPU s", "features"):
        table.add_column(column, justify="right")
    table.add_column("nodes that worked")
    for name, run in runs.items():
        worked = f"{len(run['worked'])}: {', '.join(run['worked'])}" if run["worked"] else "none"
        computed = str(run.get("features", 0))
        table.add_row(name, f"{run['seconds']:.1f}", f"{run['cpu']:.1f}", computed, worked)
    Console(width=110).print(table)
    figures = {f"{name} / {FIRST}": runs[name]["seconds"] / runs[FIRST]["seconds"] for name in runs}
    figures[f"features computed, {MORE}"] = runs[MORE]["features"] / runs[FIRST]["features"]
    figures["start of the command to served / whole command"] = served / runs[MORE]["seconds"]
    tell(chosen, figures, TARGETS, [{"served": served, **runs}])


if __name__ == "__main__":
    main()
