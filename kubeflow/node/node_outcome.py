"""What a task does after each node: log what came out, and show it on KFP's page."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.nodes import AUDIT, GATE, LAST, PUSHER, TUNER
from components.runtime.exit_codes import ExitCode
from kubeflow.node.task import log, read_overrides, write_output

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from pipeline.runs.runner import NodeRun


def show_outcome(
    given: argparse.Namespace, recipe: "Recipe", pipeline: Any, run: "NodeRun", connection: Any
) -> int:
    """Logs and shows how a node ended.

    Args:
        given: arguments of the task.
        recipe: of the run.
        pipeline: compiled, with the run id substituted.
        run: of the node.
        connection: configuration of ML Metadata.

    Returns:
        The exit code: 0, or 3 after the last node for `gate-failure: fail`.
    """
    node = run.record.node
    how = "is taken from the cache" if run.record.cached else f"took {run.record.seconds:.1f} s"
    log.info("%s %s", node, how)
    _log_artifacts(run, pipeline.pipeline_info.id, connection)
    if node == GATE and given.verdict:
        _show_verdict(given, recipe, run, connection)
    if node in (AUDIT, LAST) and given.page:
        from kubeflow.node.page import copy_page

        copy_page(run, given.page)
    if node == TUNER:
        from kubeflow.node.search_outcome import close_search

        close_search(given, recipe, run, connection)
    return _close(given, recipe, pipeline, connection) if node == LAST else 0


def _log_artifacts(run: "NodeRun", pipeline_name: str, connection: Any) -> None:
    """Logs what the node read and wrote, and names the latter for KFP's page."""
    from tfx.orchestration import metadata

    from kubeflow.node.display_names import name_outcome
    from kubeflow.node.push_report import push_sentence
    from pipeline.metadata.graph import MetadataGraph

    with metadata.Metadata(connection) as handle:
        name_outcome(handle.store, run, pipeline_name)
        read = MetadataGraph(handle.store).inputs_of(run.execution_id)
        pushed = push_sentence(handle.store, run) if run.record.node == PUSHER else ""
    _log_each("read", read)
    if pushed:
        log.info("%s", pushed)
    else:
        _log_each("wrote", run.outputs)


def _log_each(verb: str, artifacts: Mapping[str, list[Any]]) -> None:
    for key, found in artifacts.items():
        for artifact in found:
            log.info("  %s %s: %s", verb, key, artifact.uri)


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
    floor_on, judged_on = recipe.evaluation.floor_on, recipe.evaluation.judged_on
    worst = gate_report.worst_class(gates, floor_on)
    with metadata.Metadata(connection) as handle:
        found = {Result.VERDICT: verdict.sentence, Result.WORST_CLASS: worst}
        publish(handle.store, run.execution_id, found)
    page = gate_report.verdict_markdown(verdict, gates, floor_on, judged_on)
    write_output(given.verdict, page)
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
    models = node_paths(given.root, given.models).models
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
    if given.gate_failure != "fail" or (record.blessed and not record.refused):
        return 0
    log.error("Error: nothing was pushed, and `gate_failure` of this run is `fail`.")
    return ExitCode.NOT_BLESSED
