"""Makes the record of a run from what its nodes wrote."""

import os
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.dsl.io import fileio

from components.artifacts import AUDIT_PAGE, REPORT_PAGE, SIGNED, TAKEN_OVER
from components.gate.results import load_results
from components.gate.serving_blessing import REASON
from components.gate.verdict import judge
from components.imaging.quarantine import FILE_NAME
from components.recipe.recipe import Recipe
from pipeline.runs.execution import outputs_by_node
from pipeline.runs.records import RunPaths, RunRecord, class_gates
from pipeline.runs.runner import NodeRun


def summarise(
    recipe: Recipe,
    data_folder: str,
    run_id: str,
    overrides: list[str],
    node_runs: list[NodeRun],
    models: str,
    log: str = "",
) -> RunRecord:
    """Reads the artifacts of a finished run.

    Args:
        recipe: with the overrides applied.
        data_folder: one folder per class.
        run_id: of the run.
        overrides: what `--set` changed.
        node_runs: one for each node.
        models: where models are pushed, a folder or an address of object storage.
        log: path of the log, if there is one.
    """
    outputs = outputs_by_node(node_runs)
    quarantine = outputs["ImageExampleGen"]["quarantine"][0]
    data_audit = outputs["DataAudit"]["audit"][0]
    evaluation = outputs["Evaluator"]["evaluation"][0]
    results = load_results(evaluation.uri, recipe.data.classes)
    verdict = judge(results, recipe.evaluation)
    pushed = outputs["Pusher"]["pushed_model"][0]
    version = _pushed_version(pushed)
    model_folder = os.path.join(models, recipe.model_name, str(version))
    refused, approval = _after_the_gate(recipe, outputs) if verdict.blessed else ("", "")
    served = version is not None and fileio.isdir(model_folder)
    paths = RunPaths(
        model=model_folder if served else "",
        report=os.path.join(outputs["RunReport"]["report"][0].uri, REPORT_PAGE),
        evaluation=evaluation.uri,
        tensorboard=outputs["Trainer"]["model_run"][0].uri,
        validation=outputs["ServingValidator"]["blessing"][0].uri,
        audit=os.path.join(data_audit.uri, AUDIT_PAGE),
        quarantine=os.path.join(quarantine.uri, FILE_NAME),
        log=log,
    )
    return RunRecord(
        run_id=run_id,
        recipe=recipe.name,
        overrides=overrides,
        data_folder=data_folder,
        data_fingerprint=quarantine.properties["data_fingerprint"].string_value,
        images=quarantine.properties["images_read"].int_value,
        unreadable=quarantine.properties["images_unreadable"].int_value,
        taken_over=quarantine.custom_properties[TAKEN_OVER].int_value,
        not_used=quarantine.properties["not_used"].string_value,
        anomalies=_count_anomalies(outputs["ExampleValidator"]["anomalies"][0].uri),
        gates=class_gates(results, recipe.evaluation),
        floor_on=recipe.evaluation.floor_on,
        judged_on=recipe.evaluation.judged_on,
        blessed=verdict.blessed,
        sentence=verdict.sentence,
        model=recipe.model_name,
        version=version,
        signed=bool(pushed.custom_properties[SIGNED].int_value),
        served=served,
        refused=refused,
        approval=approval,
        nodes=[run.record for run in node_runs],
        audit=data_audit.properties["summary"].string_value,
        paths=paths,
    )


def _after_the_gate(recipe: Recipe, outputs: dict[str, Any]) -> tuple[str, str]:
    """Returns why a blessed model is refused or rejected, if it is, and how its approval stands."""
    served = outputs["ServingValidator"]["blessing"][0].custom_properties[REASON].string_value
    if recipe.serving.approval == "none" or served:
        return served, ""
    for decision in outputs["Approval"].get("approval", []):
        said = {name: value.string_value for name, value in decision.properties.items()}
        if decision.properties["approved"].int_value:
            return "", "approved"
        return rejection_clause(said["by"], said["at"], said["note"]), "rejected"
    return "", "waiting"


def rejection_clause(by: str, at: str, note: str) -> str:
    """Returns who rejected a model, when and why, without a full stop."""
    return f"{by} rejected it on {at[:10]}: {note.rstrip('.')}"


def _pushed_version(pushed: Any) -> int | None:
    if not pushed.custom_properties["pushed"].int_value:
        return None
    return int(pushed.custom_properties["pushed_version"].string_value)


def _count_anomalies(uri: str) -> int:
    total = 0
    for split in fileio.listdir(uri):
        path = os.path.join(uri, split, "SchemaDiff.pb")
        if fileio.exists(path):
            with fileio.open(path, "rb") as file:
                total += len(anomalies_pb2.Anomalies.FromString(file.read()).anomaly_info)
    return total
