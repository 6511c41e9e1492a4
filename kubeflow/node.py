"""Runs one node of a pipeline, as a container of a compiled package does.

    python -m kubeflow.node --node Trainer --recipe PACKED --data /data --root /volume ...

The pipeline is built anew from the recipe and the parameters of the run, and its one node is run by
TFX's portable launcher. The log says which node, how far it is, and what came out.
"""

import argparse
import json
import logging
import os
import sys
import time
import warnings
from importlib import metadata
from typing import TYPE_CHECKING, Any

from components.errors import MedtfxError
from components.stack import installed_stack
from kubeflow.errors import KubeflowError

if TYPE_CHECKING:
    from pipeline.recipe import Recipe
    from pipeline.runner import NodeRun

FAILED, NOT_BLESSED = 1, 3
FIRST_NODE, LAST_NODE = "ImageExampleGen", "RunReport"
_log = logging.getLogger("medtfx.node")


def main(arguments: list[str] | None = None) -> int:
    """Runs the node and returns the exit code: 0, 1 for an error, 3 for `gate-failure: fail`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    given = _parser().parse_args(arguments)
    _log_to_stdout()
    try:
        return _run(given)
    except MedtfxError as error:
        _log.error("Error: %s", error)
        return FAILED


def _run(given: argparse.Namespace) -> int:
    started = time.monotonic()
    check_image(given.stack, given.version)
    if given.run_id.startswith("{{"):
        raise KubeflowError(
            "KFP did not fill in the id of the run, which takes its backend 2.5.0 or newer. "
            f"Received: {given.run_id!r}"
        )
    from kubeflow import metadata_store
    from kubeflow.packed_recipe import unpack

    recipe = unpack(given.recipe, _overrides(given.overrides))
    address = metadata_store.address()
    _log.info("%s of %s, run %s", given.node, recipe.name, given.run_id)
    _log.info("medtfx %s, stack %s", given.version, given.stack)
    _log.info("ML Metadata at %s", metadata_store.shown(address))
    connection = metadata_store.connection(address)
    pipeline = _pipeline(given, recipe, connection)
    _log.info("%s starts, after %.0f s of loading", given.node, time.monotonic() - started)
    run = _launch(pipeline, given.node, connection)
    how = "is taken from the cache" if run.record.cached else f"took {run.record.seconds:.1f} s"
    _log.info("%s %s", given.node, how)
    for key, artifacts in run.outputs.items():
        for artifact in artifacts:
            _log.info("  %s: %s", key, artifact.uri)
    if given.verdict:
        _show_verdict(given, recipe, run)
    return _close(given, recipe, pipeline, connection) if given.node == LAST_NODE else 0


def check_image(stack: str, version: str) -> None:
    """Makes sure that the package and the image it runs in belong together.

    Raises:
        KubeflowError: the image has another stack or another version of medtfx.
    """
    found = installed_stack(), metadata.version("medtfx")
    if found[0] != stack:
        raise KubeflowError(
            f"The package was compiled for images of stack {stack!r}; this one has {found[0]!r}. "
            f"Name another image, or compile with --stack {found[0]}."
        )
    if found[1] != version:
        raise KubeflowError(
            f"The package was compiled by medtfx {version}; the image has {found[1]}. Compile the "
            f"recipe with {found[1]}, or name an image of {version}."
        )


def _pipeline(given: argparse.Namespace, recipe: "Recipe", connection: Any) -> Any:
    """Returns the compiled pipeline of this run."""
    from components.image_example_gen.patients import patient_key
    from kubeflow.node_places import node_places
    from pipeline import storage

    places = node_places(given.root, given.models, None)
    if given.node == FIRST_NODE:
        patient_key(places.keys)
    storage.prepare(places.artifacts, places.models)

    from tfx.dsl.compiler import compiler, constants
    from tfx.orchestration.portable import runtime_parameter_utils

    from components.trainer.weights import check_available
    from pipeline.dag import build_pipeline

    if given.node == FIRST_NODE:  # before the long work, not after it
        check_available(recipe.model, recipe.data.image_size)
    compiled = compiler.Compiler().compile(build_pipeline(recipe, given.data, places))
    runtime_parameter_utils.substitute_runtime_parameter(
        compiled, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: given.run_id}
    )
    return compiled


def _launch(pipeline: Any, node: str, connection: Any) -> "NodeRun":
    """Runs the node; an error that a user can mend comes out alone."""
    from pipeline.runner import NodeFailedError, launch_node

    try:
        return launch_node(pipeline, node, connection)
    except NodeFailedError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, MedtfxError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise cause from None


def _show_verdict(given: argparse.Namespace, recipe: "Recipe", run: "NodeRun") -> None:
    from pathlib import Path

    from components.evaluator.results import load_results
    from components.evaluator.verdict import judge
    from kubeflow.gate_report import recall_metrics, verdict_markdown, write_metrics
    from pipeline.outcome import class_gates

    results = load_results(run.outputs["evaluation"][0].uri, recipe.data.classes)
    verdict, gates = judge(results, recipe.evaluation), class_gates(recipe, results)
    _log.info("%s", verdict.sentence)
    path = Path(given.verdict)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(verdict_markdown(verdict, gates, recipe.evaluation.floor_on), encoding="utf-8")
    write_metrics(given.executor_input, "recall", recall_metrics(verdict, gates))


def _close(given: argparse.Namespace, recipe: "Recipe", pipeline: Any, connection: Any) -> int:
    """Writes the closing table of the run; the last node's log is where people look."""
    from rich.console import Console

    from kubeflow.lineage import finished_nodes
    from kubeflow.node_places import node_places
    from pipeline.closing import print_closing
    from pipeline.outcome import summarise

    runs = finished_nodes(pipeline, connection)
    models = node_places(given.root, given.models, None).models
    overrides = _overrides(given.overrides)
    record = summarise(recipe, given.data, given.run_id, overrides, runs, models)
    print_closing(Console(width=120), record)
    pushed = record.blessed and not record.refused
    return NOT_BLESSED if given.gate_failure == "fail" and not pushed else 0


def _overrides(text: str) -> list[str]:
    """Reads the parameter `overrides` of a run."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise KubeflowError(
            'The parameter `overrides` is a list of texts, as ["training.epochs=3"]. '
            f"Received: {text!r}"
        )
    return found


def _log_to_stdout() -> None:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(asctime)s %(message)s")
    logging.getLogger("medtfx").setLevel(logging.INFO)
    # TFX and TensorFlow warn, in every node, of what is as it should be.
    for library in ("absl", "tensorflow"):
        logging.getLogger(library).setLevel(logging.ERROR)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("kubeflow.node", description=__doc__)
    for name in ("node", "recipe", "stack", "version", "run-id", "data", "root"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--models", default="")
    parser.add_argument("--overrides", default="[]", help="a JSON list of section.key=value")
    parser.add_argument("--gate-failure", choices=("report", "fail"), default="report")
    parser.add_argument("--verdict", help="file for the verdict, in Markdown")
    parser.add_argument("--executor-input", help="JSON that KFP gives to a task")
    return parser


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to do, and to take TensorFlow and Beam down takes seconds of every node;
    # tensorflow-io, which writes s3://, even aborts.
    os._exit(code)
