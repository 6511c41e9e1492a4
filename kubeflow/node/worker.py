"""The process that runs the nodes of a task which are not in the cache, one after another.

    python -m kubeflow.node.worker --node Baseline --node Evaluator --at FILE ...

The task starts it, see `kubeflow.node.attempts`. TensorFlow and TFX are loaded once for all nodes.
They run in turn: those of a stage that do not wait for each other take less than a second each,
less than it takes to load TensorFlow a second time.
"""

import argparse
import ctypes
import logging
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from components.nodes import GATE
from components.runtime.errors import MedtfxError, first_line
from components.runtime.imports import importing
from components.runtime.lean_imports import load_tensorflow
from components.runtime.transient import transient_cause
from components.storage.atomic_write import write_atomically
from kubeflow.node.arguments import node_parser
from kubeflow.node.attempts import TRY_AGAIN
from kubeflow.node.task import log, read_overrides, run_task

if TYPE_CHECKING:
    from pipeline.runs.runner import NodeRun

_PR_SET_PDEATHSIG = 1  # of Linux's prctl


def main(arguments: list[str] | None = None) -> int:
    """Runs the nodes and returns the exit code of the task, or `TRY_AGAIN`."""
    from pathlib import Path

    parser = node_parser("kubeflow.node.worker", __doc__)
    parser.add_argument("--at", type=Path, required=True, help="file for the name of the node")
    given = parser.parse_args(arguments)
    _end_with_the_task()
    return run_task(_try, given)


def _try(given: argparse.Namespace) -> int:
    try:
        return _run(given)
    except Exception as error:
        if (cause := transient_cause(error)) is None:
            raise
        log.error("%s: %s", type(cause).__name__, first_line(cause))
        return TRY_AGAIN


def _run(given: argparse.Namespace) -> int:
    started = time.monotonic()
    with importing():
        load_tensorflow(evaluates=GATE in given.node)
        from kubeflow.node.compiled_pipeline import pipeline_of_run
        from kubeflow.node.node_outcome import show_outcome
        from kubeflow.package.recipe_codec import decode_recipe
        from pipeline.metadata import connection as metadata_store
        from pipeline.runs import runner  # noqa: F401  (loads TFX's launcher, TensorFlow with it)

    recipe = decode_recipe(given.recipe, read_overrides(given.overrides))
    connection = metadata_store.connection(metadata_store.address())
    pipeline = pipeline_of_run(given, recipe)
    log.info("TensorFlow and TFX loaded in %.0f s", time.monotonic() - started)
    code = 0
    for node in given.node:
        write_atomically(given.at, node)
        log.info("%s starts", node)
        run = _launch(pipeline, node, connection)
        code = show_outcome(given, recipe, pipeline, run, connection)
    return code


def _launch(pipeline: Any, node: str, connection: Any) -> "NodeRun":
    """Runs the node; an error that a user can fix is raised without what is around it."""
    from pipeline.runs.runner import NodeFailedError, launch_node

    try:
        return launch_node(pipeline, node, connection)
    except NodeFailedError as error:
        log.error("%s failed", node)
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, MedtfxError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise cause from None


def _end_with_the_task() -> None:
    """Has the kernel kill this process when the task's ends, also where that was killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    exit_code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to do, and to shut down TensorFlow and Beam takes seconds of every task;
    # tensorflow-io, which writes s3://, even aborts.
    os._exit(exit_code)
