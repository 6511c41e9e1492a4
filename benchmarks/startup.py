"""How long until a command answers?

    .venv/bin/python benchmarks/startup.py [--rounds 7] [--json FILE]

`medtfx --help` against an empty Python; `medtfx predict` of one image, by a server that runs
already, against the import of TensorFlow, which a client could not do without if it used
TensorFlow Serving's own stubs. All take turns, and the files are in the page cache.
A node on Kubeflow: `benchmarks/kubeflow_overhead.py`.
"""

import tempfile
from pathlib import Path
from statistics import median

from phantoms import phantoms
from reporting import options, tell
from retrain import serving
from rich.console import Console
from rich.table import Table
from watched_process import MEDTFX, watch
from watched_run import medtfx_run, recipe, write_recipe

HELP, PREDICT = "medtfx --help", "medtfx predict"
EMPTY, TENSORFLOW = "python -c pass", "python -c 'import tensorflow'"
TARGETS = {f"{HELP} s": ("at most", 1.0), f"{PREDICT} s": ("at most", 1.5)}


def main() -> None:
    chosen = options(__doc__, rounds=7)
    values = recipe(epochs=1, image_size=32)
    values["model"] = {"backbone": "scratch_cnn", "weights": "none", "filters": [4]}
    images = phantoms(500)
    with tempfile.TemporaryDirectory() as home:
        medtfx_run(write_recipe(values, home), images, home)
        with serving(home) as (server, _):
            image = min(Path(images).glob("*/*.png"))
            commands = {
                EMPTY: ["-c", "pass"],
                HELP: [*MEDTFX, "--help"],
                PREDICT: [*MEDTFX, "predict", image, "--server", server, "--model", "phantoms"],
                TENSORFLOW: ["-c", "import tensorflow"],
            }
            rows = [
                {name: [done.seconds, done.cpu]
                 for name, command in commands.items() for done in [watch(command)]}
                for _ in range(chosen.rounds)
            ]  # fmt: skip
    table = Table("command", "s", "CPU s", title=f"Median of {chosen.rounds}")
    medians = {
        name: [median(row[name][place] for row in rows) for place in (0, 1)] for name in commands
    }
    for name, both in medians.items():
        table.add_row(name, *(f"{value:.2f}" for value in both))
    Console().print(table)
    figures = {f"{name} s": [row[name][0] for row in rows] for name in (HELP, PREDICT)}
    figures[f"{PREDICT} / {TENSORFLOW}"] = [row[PREDICT][0] / row[TENSORFLOW][0] for row in rows]
    tell(chosen, figures, TARGETS, rows)


if __name__ == "__main__":
    main()
