import logging

from kubeflow.node.publish import publish
from kubeflow.results import Result, read_results


def test_results_are_logged_and_recorded(metadata, ran, caplog):
    run = ran("Evaluator", {}, {})
    caplog.set_level(logging.INFO, "medtfx")
    given = {Result.VERDICT: "Blessed: all.", Result.WORST_CLASS: ""}
    publish(metadata.store, run.execution_id, given)
    log = "".join(f"2026-11-28 05:00:00,0 {record.message}\n" for record in caplog.records)
    assert read_results(log) == {Result.VERDICT: "Blessed: all."}
    (execution,) = metadata.store.get_executions_by_id([run.execution_id])
    recorded = {name: value.string_value for name, value in execution.custom_properties.items()}
    assert recorded == {Result.VERDICT.property_name: "Blessed: all."}
