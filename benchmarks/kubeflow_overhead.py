"""What does a container cost a node, beside its work?

    .venv/bin/python benchmarks/kubeflow_overhead.py [REPETITIONS] [OUT.json]

Starts a node whose result is in the cache, in a process of its own as KFP does, and takes the time
of each step until its end. ML Metadata is a file, or what MEDTFX_MLMD names. Pulling the image and
starting the pod come on top; they are the cluster's.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from components.runtime.stack import installed_stack
from kubeflow.package.recipe_codec import encode_recipe
from pipeline.recipes.loader import load_recipe
from pipeline.sample_data import write_sample_data

ROOT = Path(__file__).parents[1]
STEPS = {
    "start": "Python starts",
    "recipe": "recipe read and validated",
    "imports": "TensorFlow and TFX imported",
    "build": "pipeline built and compiled",
    "metadata": "ML Metadata: inputs, cache look-up, outputs",
    "end": "Python ends",
}


def node(packed: str, data: str, root: str, run_id: str, spawned: float) -> None:
    """Does what `kubeflow.node` does, with a clock."""
    seconds, last = {}, spawned

    def step(name: str) -> None:
        nonlocal last
        now = time.time()
        seconds[name], last = now - last, now

    step("start")
    from kubeflow.node.paths import node_paths
    from kubeflow.package.recipe_codec import decode_recipe
    from pipeline.metadata import connection as metadata_store

    recipe = decode_recipe(packed, [])
    connection = metadata_store.connection(metadata_store.address())
    step("recipe")
    from tfx.dsl.compiler import compiler, constants
    from tfx.orchestration.portable import runtime_parameter_utils

    from pipeline.dag.training import build_pipeline
    from pipeline.runs.runner import launch_node

    step("imports")
    pipeline = compiler.Compiler().compile(build_pipeline(recipe, data, node_paths(root, "", None)))
    runtime_parameter_utils.substitute_runtime_parameter(
        pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    step("build")
    cached = launch_node(pipeline, "ImageExampleGen", connection).record.cached
    step("metadata")
    print(json.dumps({"cached": cached, "seconds": seconds, "ended": time.time()}), flush=True)
    os._exit(0)


def measure(packed: str, data: str, root: str, number: int) -> dict[str, float] | None:
    """Starts a node and returns the seconds of its steps, or None if it had work to do."""
    given = [packed, data, root, f"overhead-{number}-{time.time_ns()}"]
    environment = {"MEDTFX_MLMD": f"sqlite:///{root}/metadata.sqlite", **os.environ}
    environment |= {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--node", *given, str(time.time())],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    ended = time.time()
    found = json.loads(done.stdout.splitlines()[-1])
    seconds = {**found["seconds"], "end": ended - found["ended"]}
    return seconds if found["cached"] else None


def main(repetitions: int, out: str | None) -> None:
    """Prints the table."""
    overrides = ["data.min_per_split=1", "data.max_quarantine_share=0.5"]
    packed = encode_recipe(load_recipe("quickstart", overrides))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "films")
        write_sample_data(data, patients_per_class=10, size=32)
        runs = [measure(packed, str(data), folder, number) for number in range(repetitions + 1)]
    steps = [run for run in runs if run is not None]
    medians = {name: statistics.median(run[name] for run in steps) for name in STEPS}
    table = Table("step", "s", title=f"Overhead of a node, stack {installed_stack()}")
    for name, described in STEPS.items():
        table.add_row(described, f"{medians[name]:.2f}")
    table.add_row("in all", f"{sum(medians.values()):.2f}")
    table.caption = f"median of {len(steps)}"
    Console().print(table)
    if out:
        result = {"stack": installed_stack(), "runs": len(steps), "seconds": medians}
        Path(out).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--node"]:
        node(*sys.argv[2:6], spawned=float(sys.argv[6]))
    else:
        main(int((sys.argv[1:] or ["5"])[0]), sys.argv[2] if len(sys.argv) > 2 else None)
