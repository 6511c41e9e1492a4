"""Runs one node of a pipeline, as a container of a compiled package does.

    python -m kubeflow.node --node Trainer --recipe ENCODED --data /data --root /volume ...

The pipeline is built again from the recipe and the parameters of the run, and its one node is run
by TFX's portable launcher. The log says which node it is, how far it is, and what came out.
"""

import argparse
import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from components.nodes import BEAM_NODES, FIRST, LAST, PUSHER
from components.runtime.errors import MedtfxError
from kubeflow.node.task import begin, log, read_overrides, run_task, task_parser, write_output

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from pipeline.runs.runner import NodeRun

NOT_BLESSED = 3


def main(arguments: list[str] | None = None) -> int:
    """Runs the node and returns the exit code: 0, 1 for an error, 3 for `gate-failure: fail`."""
    return run_task(_run, _parser().parse_args(arguments))


def _run(given: argparse.Namespace) -> int:
    started = time.monotonic()
    recipe = begin(given.node, given)
    from pipeline.metadata import connection as metadata_store

    address = metadata_store.address()
    log.info("ML Metadata at %s", metadata_store.shown(address))
    connection = metadata_store.connection(address)
    pipeline = _pipeline(given, recipe, connection)
    log.info("%s starts, after %.0f s of loading", given.node, time.monotonic() - started)
    run = _launch(pipeline, given.node, connection)
    how = "is taken from the cache" if run.record.cached else f"took {run.record.seconds:.1f} s"
    log.info("%s %s", given.node, how)
    _log_outcome(run, pipeline.pipeline_info.id, connection)
    if given.verdict:
        _show_verdict(given, recipe, run, connection)
    if given.page:
        from kubeflow.node.page import copy_page

        copy_page(run, given.page)
    return _close(given, recipe, pipeline, connection) if given.node == LAST else 0


def _pipeline(given: argparse.Namespace, recipe: "Recipe", connection: Any) -> Any:
    """Returns the compiled pipeline of this run."""
    from components.image_example_gen.patients import patient_key
    from components.storage import object_storage as storage
    from kubeflow.node.paths import node_paths
    from pipeline.beam.arguments import beam_args

    paths = node_paths(given.root, given.models, None)
    if given.node == FIRST:
        patient_key(paths.keys)
    storage.prepare(paths.artifacts, paths.models)
    options = beam_args(given.beam_arg if given.node in BEAM_NODES else ())

    from tfx.dsl.compiler import compiler, constants
    from tfx.orchestration.portable import runtime_parameter_utils

    from components.network.weights import check_available
    from pipeline.dag.training import build_pipeline

    if given.node == FIRST:  # before the long work, not after it
        check_available(recipe.model, recipe.data.image_size)
    compiled = compiler.Compiler().compile(build_pipeline(recipe, given.data, paths, options))
    runtime_parameter_utils.substitute_runtime_parameter(
        compiled, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: given.run_id}
    )
    return compiled


def _launch(pipeline: Any, node: str, connection: Any) -> "NodeRun":
    """Runs the node; an error that a user can fix is raised without what is around it."""
    from pipeline.runs.runner import NodeFailedError, launch_node

    try:
        return launch_node(pipeline, node, connection)
    except NodeFailedError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, MedtfxError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise cause from None


def _log_outcome(run: "NodeRun", pipeline_name: str, connection: Any) -> None:
    """Logs what the node wrote, and names it for KFP's page."""
    from tfx.orchestration import metadata

    from kubeflow.node.display_names import name_outcome
    from kubeflow.node.push_report import push_sentence

    with metadata.Metadata(connection) as handle:
        name_outcome(handle.store, run, pipeline_name)
        if run.record.node == PUSHER:
            log.info("%s", push_sentence(handle.store, run))
            return
    for key, artifacts in run.outputs.items():
        for artifact in artifacts:
            log.info("  %s: %s", key, artifact.uri)


def _show_verdict(
    given: argparse.Namespace, recipe: "Recipe", run: "NodeRun", connection: Any
) -> None:
    from tfx.orchestration import metadata

    from components.gate.results import load_results
    from components.gate.verdict import judge
    from kubeflow.node import gate_report
    from kubeflow.node.publish import publish
    from kubeflow.results import Result
    from pipeline.runs.records import class_gates

    results = load_results(run.outputs["evaluation"][0].uri, recipe.data.classes)
    verdict, gates = judge(results, recipe.evaluation), class_gates(results, recipe.evaluation)
    floor_on = recipe.evaluation.floor_on
    worst = gate_report.worst_class(gates, floor_on)
    with metadata.Metadata(connection) as handle:
        found = {Result.VERDICT: verdict.sentence, Result.WORST_CLASS: worst}
        publish(handle.store, run.execution_id, found)
    write_output(given.verdict, gate_report.verdict_markdown(verdict, gates, floor_on))
    gate_report.write_metadata(
        given.executor_input,
        {
            "gate": (given.gate, gate_report.gate_metrics(verdict, gates, floor_on)),
            "confusion_matrix": (given.confusion_matrix, gate_report.confusion_matrix(results)),
        },
    )


def _close(given: argparse.Namespace, recipe: "Recipe", pipeline: Any, connection: Any) -> int:
    """Logs the summary table of the run, where people look for it; writes the training ledger."""
    from rich.console import Console
    from tfx.orchestration import metadata

    from kubeflow.node import gate_report
    from kubeflow.node.finished_nodes import finished_nodes
    from kubeflow.node.ledger import confirm_training
    from kubeflow.node.paths import node_paths
    from kubeflow.node.publish import publish
    from kubeflow.results import OUTCOMES, Result
    from pipeline.runs.outcome import summarise
    from pipeline.runs.summary import print_summary
    from pipeline.runs.summary import verdict as full_verdict

    runs = finished_nodes(pipeline, connection)
    models = node_paths(given.root, given.models, None).models
    overrides = read_overrides(given.overrides)
    record = summarise(recipe, given.data, given.run_id, overrides, runs, models)
    print_summary(Console(width=120), record)
    with metadata.Metadata(connection) as handle:
        found = {
            Result.VERDICT: full_verdict(record),
            Result.WORST_CLASS: gate_report.worst_class(record.gates, record.floor_on),
            Result.OUTCOME: OUTCOMES[record.exit_code],
            Result.REPORT: record.paths.report,
        }
        publish(handle.store, runs[-1].execution_id, found)
    # A model that is not blessed has seen the data too.
    confirm_training(
        recipe, given.root, given.run_id, blessed=record.blessed, sentence=record.sentence
    )
    pushed = record.blessed and not record.refused
    return NOT_BLESSED if given.gate_failure == "fail" and not pushed else 0


def _parser() -> argparse.ArgumentParser:
    parser = task_parser("kubeflow.node", __doc__)
    parser.add_argument("--node", required=True)
    parser.add_argument("--beam-arg", action="append", default=[], help="an option of Beam")
    parser.add_argument("--gate-failure", choices=("", "report", "fail"), default="")
    parser.add_argument("--page", help="file for the web page of the node's artifact")
    parser.add_argument("--verdict", help="file for the verdict, in Markdown")
    parser.add_argument("--gate", help="file for the metrics of the gate, in JSON")
    parser.add_argument("--confusion-matrix", help="file for the confusion matrix, in JSON")
    parser.add_argument("--executor-input", help="JSON that KFP gives to a task")
    return parser


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to do, and to shut down TensorFlow and Beam takes seconds of every node;
    # tensorflow-io, which writes s3://, even aborts.
    os._exit(code)
