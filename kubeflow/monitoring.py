"""The task Monitor of a compiled package: compares logged predictions with the gate's.

    python -m kubeflow.monitoring --recipe ENCODED --root /data/medtfx --log /data/requests ...

Its output `reason` is empty without an alarm. Alone in a package it fails after one, so that the
run is red; before a training it succeeds, and Retraining goes on by its reason. It needs no
TensorFlow.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from components.nodes import MONITOR
from components.runtime.exit_codes import ExitCode
from kubeflow.node.task import check_image, log, read_overrides, run_task, write_output

if TYPE_CHECKING:
    from pipeline.monitor.outputs.outcome import Outcome


def main(arguments: list[str] | None = None) -> int:
    """Monitors and returns the exit code: 0, 1 for an error, 3 for an alarm with `--fail`."""
    parser = argparse.ArgumentParser("kubeflow.monitoring", description=__doc__)
    needed = ("recipe", "stack", "version", "run-id", "root", "log", "since", "reason", "page")
    for name in (*needed, "outcome"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--models", default="")
    parser.add_argument("--skip", default="[]", help="a JSON list of checks")
    parser.add_argument("--fail", action="store_true", help="fail after an alarm")
    return run_task(_run, parser.parse_args(arguments))


def _run(given: argparse.Namespace) -> int:
    from kubeflow.results import MONITORED, Result, result_line
    from kubeflow.texts import markdown
    from pipeline.monitor.outputs.page import render_page

    check_image(given.stack, given.version)
    outcome = _monitor(given)
    log.info("%s", result_line(Result.MONITOR, outcome.sentence))
    write_output(given.outcome, f"{markdown(outcome.sentence)}\n")
    write_output(given.page, render_page(outcome))
    write_output(given.reason, outcome.reason if outcome.alarm else "")
    if not given.fail:
        return ExitCode.OK
    code = ExitCode.ALARM if outcome.alarm else ExitCode.OK
    log.info("%s", result_line(Result.OUTCOME, MONITORED[code]))
    return code


def _monitor(given: argparse.Namespace) -> "Outcome":
    from components.storage.files import is_remote
    from kubeflow.errors import KubeflowError
    from kubeflow.node.paths import node_paths
    from kubeflow.package.recipe_codec import decode_recipe
    from pipeline.monitor.run import Question, run_monitor

    recipe = decode_recipe(given.recipe, [])
    log.info("%s of %s, run %s", MONITOR, recipe.name, given.run_id)
    models = node_paths(given.root, given.models).models
    if is_remote(models):
        raise KubeflowError(
            "The monitor reads the models from a folder of a mounted volume. Received for "
            f"`models`: {models}. Name a path, and the claim in platform.volumes of the recipe."
        )
    return run_monitor(
        Question(
            Path(models),
            recipe.model_name,
            given.log,
            since=given.since,
            skip=tuple(read_overrides(given.skip, "skip")),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
