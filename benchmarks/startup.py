"""How long until a command answers, and until a node begins its work?

    .venv/bin/python benchmarks/startup.py [--rounds 7] [--json FILE]

`medtfx --help` against an empty Python; `medtfx predict` of one image, by a server that runs
already; the commands for Kubeflow Pipelines, against its double of the tests; and what the process
of a node imports before it works, against the import of TensorFlow, which a client could not do
without if it used TensorFlow Serving's own stubs. All take turns, and the files are in the page
cache. Whole tasks on Kubeflow: `benchmarks/kubeflow_overhead.py`.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from phantoms import phantoms
from reporting import options, tell
from retrain import serving
from rich.console import Console
from rich.table import Table
from watched_process import MEDTFX, watch
from watched_run import medtfx_run, recipe, write_recipe

from components.runtime.stack import installed_stack
from pipeline.dag.sources import MODULES
from tests.doubles.kfp_api_server import start
from tests.doubles.kfp_api_state import PipelinesServer

HELP, PREDICT, TENSORFLOW = "medtfx --help", "medtfx predict", "python -c 'import tensorflow'"
COMPILE, SUBMIT, RUNS, STATUS = (
    f"medtfx kubeflow {name}" for name in ("compile", "submit", "runs", "status")
)
NODE = "imports of a node"
NODES = ("ImageExampleGen", "Transform", "Trainer")
TARGETS = {
    f"{HELP} s": ("at most", 1.0),
    f"{PREDICT} s": ("at most", 1.5),
    f"{COMPILE} s": ("at most", 3.0),
    **{f"{name} s": ("at most", 1.0) for name in (SUBMIT, RUNS, STATUS)},
    f"{NODE} / {TENSORFLOW}": ("at most", 1.6),
}
# What `kubeflow.node.worker` does before it launches a node.
IMPORTS = (
    "from importlib import import_module as load\n"
    "from components.runtime.imports import importing\n"
    "from components.runtime.lean_imports import load_tensorflow\n"
    "with importing():\n"
    "    load_tensorflow(evaluates=False)\n"
    "    for name in {names}: load(name)"
)


@contextmanager
def kubeflow(folder: str) -> Iterator[dict[str, list[Any]]]:
    """Gives the commands by name; there is one run to ask about."""
    package = Path(folder, "quickstart.yaml")
    line = [*MEDTFX, "kubeflow", "compile", "quickstart", "--image", "x", "-o", package]
    line += ["--stack", str(installed_stack())]
    watch(line)
    server = start(PipelinesServer())
    try:
        host = ["--host", f"http://127.0.0.1:{server.server_port}"]
        given = ["--param", "data=/data", "--param", "root=/volume"]
        submit = [*MEDTFX, "kubeflow", "submit", package, *given, *host]
        run = watch(submit).output.partition("run ")[2].split()[0]
        yield {
            COMPILE: line,
            SUBMIT: submit,
            RUNS: [*MEDTFX, "kubeflow", "runs", *host],
            STATUS: [*MEDTFX, "kubeflow", "status", run, *host],
        }
    finally:
        server.shutdown()


def imports(node: str) -> list[str]:
    """Returns the command that imports what the process of a node does."""
    names = ["pipeline.runs.runner", *MODULES[node]]
    return ["-c", IMPORTS.format(names=json.dumps(names))]


def over_tensorflow(rows: list[dict[str, list[float]]], name: str) -> list[float]:
    """Returns the ratio of each round."""
    return [row[name][0] / row[TENSORFLOW][0] for row in rows]


def main() -> None:
    chosen = options(__doc__, rounds=7)
    values = recipe(epochs=1, image_size=32)
    values["model"] = {"backbone": "scratch_cnn", "weights": "none", "filters": [4]}
    images = phantoms(500)
    with tempfile.TemporaryDirectory() as home:
        medtfx_run(write_recipe(values, home), images, home)
        with serving(home) as (server, _), kubeflow(home) as of_kubeflow:
            image = min(Path(images).glob("*/*.png"))
            commands = {
                "python -c pass": ["-c", "pass"],
                HELP: [*MEDTFX, "--help"],
                PREDICT: [*MEDTFX, "predict", image, "--server", server, "--model", "phantoms"],
                **of_kubeflow,
                TENSORFLOW: ["-c", "import tensorflow"],
                **{f"{NODE}, {node}": imports(node) for node in NODES},
            }
            rows = [
                {name: [done.seconds, done.cpu]
                 for name, command in commands.items() for done in [watch(command)]}
                for _ in range(chosen.rounds)
            ]  # fmt: skip
    table = Table("command", "s", "CPU s", title=f"Median of {chosen.rounds}")
    for name in commands:
        medians = (median(row[name][place] for row in rows) for place in (0, 1))
        table.add_row(name, *(f"{value:.2f}" for value in medians))
    Console().print(table)
    asked = (HELP, PREDICT, COMPILE, SUBMIT, RUNS, STATUS)
    figures = {f"{name} s": [row[name][0] for row in rows] for name in asked}
    figures[f"{PREDICT} / {TENSORFLOW}"] = over_tensorflow(rows, PREDICT)
    for node in NODES:
        figures[f"{NODE} / {TENSORFLOW}, {node}"] = over_tensorflow(rows, f"{NODE}, {node}")
    tell(chosen, figures, TARGETS, rows)


if __name__ == "__main__":
    main()
