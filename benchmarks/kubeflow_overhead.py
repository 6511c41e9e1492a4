"""What does a run on Kubeflow cost, beside `medtfx run` on one machine?

    .venv/bin/python benchmarks/kubeflow_overhead.py [--patients 90] [--start 15]
        [--stages true false] [--json FILE]

The quickstart on sample data: by `medtfx run`, then as a compiled package on the emulator of
`tests/doubles`, with a task for each stage (`true`) and for each node (`false`): fresh, and once
more with everything in the cache. Each task is a process, timed by itself. A task of a cluster
takes `--start` seconds more, for KFP's driver and the start of the pod. From these the time of the
run is added up along the DAG: tasks that do not wait for each other run at once, as on a cluster
with room.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reporting import options, tell
from rich.console import Console
from rich.table import Table
from watched_process import MEDTFX, watch

from components.runtime.stack import installed_stack
from pipeline.sample_data import write_sample_data
from tests.doubles.kfp_emulator import build_image, container_environment, run_package
from tests.doubles.kfp_package import Package, parse

RATIO, CACHED, TASK = "fresh run / medtfx run", "cached run, s", "cached task, s"
TARGETS = {RATIO: ("at most", 2.5), CACHED: ("at most", 120.0), TASK: ("at most", 5.0)}


def compile_package(image: Path, stages: str, out: Path) -> Package:
    """Compiles the quickstart by the command that a user types."""
    line = ["kubeflow", "compile", "quickstart", "--image", "x", "-o", str(out)]
    line += ["--stack", str(installed_stack()), "--set", f"platform.stages={stages}"]
    watch([*MEDTFX, *line])
    return parse(out)


def run(package: Package, folder: Path, root: Path, image: Path) -> dict[str, float]:
    """Runs the package; returns the seconds of each task."""
    address = f"sqlite:///{root}/metadata.sqlite"
    environment = container_environment(image, MEDTFX_MLMD=address, HOME=str(folder))
    places = {"data": str(folder / "films"), "root": str(root)}
    done = run_package(package, places, folder / "pods", environment)
    if done.failed:
        raise SystemExit(done.attempts[-1].log[-4000:])
    return {attempt.task: attempt.seconds for attempt in done.attempts}


def along_the_dag(package: Package, seconds: Mapping[str, float], start: float) -> float:
    """Returns when the last task ends, where each starts as soon as those before it have ended."""
    ends = {"retraining": start + seconds["retraining"]}

    def end(name: str) -> float:
        if name not in ends:
            before = [end(above) for above in package.tasks[name].dependent_tasks]
            ends[name] = max(before, default=ends["retraining"]) + start + seconds[name]
        return ends[name]

    return max(map(end, package.tasks))


def measure(folder: Path, stages: list[str], start: float) -> tuple[dict[str, float], list[Any]]:
    """Returns the figures, and the seconds of every task."""
    image = build_image(folder / "image")
    os.chdir(folder)
    line = ["run", "quickstart", "--data", folder / "films", "--home", folder / "home"]
    here = watch([*MEDTFX, *line], (0, 3)).seconds
    figures, rows = {"medtfx run, s": here}, []
    for each in stages:
        package = compile_package(image, each, folder / f"{each}.yaml")
        root = folder / f"volume-{each}"
        root.mkdir()
        fresh, again = (run(package, folder, root, image) for _ in range(2))
        ends = [along_the_dag(package, seconds, start) for seconds in (fresh, again)]
        figures |= {
            f"fresh run, s, stages: {each}": ends[0],
            f"{RATIO}, stages: {each}": ends[0] / here,
            f"{CACHED}, stages: {each}": ends[1],
            f"{TASK}, stages: {each}": max(again.values()),
        }
        rows += [
            {"stages": each, "task": name, "fresh": fresh[name], "cached": again[name]}
            for name in fresh
        ]
    return figures, rows


def main() -> None:
    """Prints the table."""
    chosen = options(__doc__ or "", patients=90, start=15.0, stages=["true", "false"])
    with tempfile.TemporaryDirectory() as folder:
        write_sample_data(Path(folder, "films"), patients_per_class=chosen.patients)
        figures, rows = measure(Path(folder), chosen.stages, chosen.start)
    table = Table("stages", "task", "fresh, s", "cached, s", title=f"Stack {installed_stack()}")
    for row in rows:
        table.add_row(row["stages"], row["task"], f"{row['fresh']:.1f}", f"{row['cached']:.1f}")
    Console().print(table)
    tell(chosen, figures, TARGETS, rows)


if __name__ == "__main__":
    main()
