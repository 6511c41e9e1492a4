"""Approves or rejects the model of a run, and pushes what was approved."""

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from components.runtime.errors import MedtfxError
from components.runtime.imports import importing
from components.runtime.lean_imports import load_tensorflow
from components.storage import object_storage as storage
from pipeline.dag.candidate import Candidate
from pipeline.home import Home
from pipeline.metadata.graph import MetadataGraph, NodeExecution, property_of
from pipeline.runs.display import Display
from pipeline.runs.execution import outputs_by_node, run_nodes
from pipeline.runs.records import load_all, save
from pipeline.runs.session import run_session

if TYPE_CHECKING:
    from components.approval.decision import Decision


class ApprovalError(MedtfxError):
    """The model of a run can't be approved or rejected."""


def decide(
    home: Home,
    run_id: str,
    approved: bool,
    by: str,
    note: str,
    force: bool,
    connection: Any = None,
) -> int | None:
    """Records a decision; pushes the model if it is approved.

    Args:
        home: of the run.
        run_id: of the run.
        approved: False rejects the model.
        by: who is responsible for the decision.
        note: the reason.
        force: approves a model although there is a newer one, or it has been rejected.
        connection: of the ML Metadata that knows the run, instead of the home's.

    Returns:
        The pushed version; None after a rejection.

    Raises:
        ApprovalError: there is nothing to decide, or it has been decided.
        MedtfxError: the push failed.
    """
    graph = _graph(home, connection)  # raises before anything is written
    with run_session(home) as session:
        candidate = find_candidate(graph, run_id)
        check(graph, candidate, approved, force)
        session.console.print("Loading TensorFlow and TFX ...", highlight=False)
        with importing():
            load_tensorflow()
            from pipeline.dag.decision import build_decision

        pipeline = build_decision(
            candidate, _decision(candidate, approved, by, note.strip()),
            None if connection else home.metadata_connection(),
        )  # fmt: skip
        with Display(session.console) as display:
            runs = run_nodes(pipeline, session.run_id, display, session.log, connection)
    outputs = outputs_by_node(runs)
    pushed = outputs["Pusher"]["pushed_model"][0] if approved else None
    _update_records(home, candidate, outputs["RecordDecision"]["approval"][0], pushed)
    return _pushed_version(pushed) if pushed is not None else None


def _graph(home: Home, connection: Any) -> MetadataGraph:
    return MetadataGraph.at(connection) if connection else MetadataGraph.of_home(home)


def find_candidate(graph: MetadataGraph, run_id: str) -> Candidate:
    """Finds the model of a run, with all that the decision needs.

    Raises:
        ApprovalError: there is no such run, or it has no validated model.
    """
    nodes = graph.run(run_id)
    if not nodes:
        raise ApprovalError(
            f"No run {run_id!r} is known here. `medtfx runs` lists the runs of this home."
        )
    pusher, validator = nodes.get("Pusher"), nodes.get("ServingValidator")
    if pusher is None or validator is None or "infra_blessing" not in pusher.inputs:
        raise ApprovalError(
            f"Run {run_id!r} has no validated model: it ended before the Pusher, or it is itself a "
            "decision. `medtfx runs` lists the runs that have one."
        )
    blessing = pusher.inputs["infra_blessing"][0]
    return Candidate(
        run=run_id,
        pipeline=pusher.pipeline,
        pipeline_root=os.path.dirname(os.path.dirname(os.path.dirname(blessing.uri))),
        model=validator.properties["model_name"],
        classes=tuple(json.loads(validator.properties["classes"])),
        data_fingerprint=_fingerprint(nodes["ImageExampleGen"]),
        push_destination=pusher.properties["push_destination"],
        model_id=property_of(blessing, "model_id"),
        model_blessing=pusher.inputs["model_blessing"][0],
        infra_blessing=blessing,
        evaluation=nodes["Evaluator"].outputs["evaluation"][0],
        version=_version_of(graph, blessing),
    )


def check(graph: MetadataGraph, candidate: Candidate, approved: bool, force: bool) -> None:
    """Refuses a decision that has nothing to decide about, or would undo another one.

    Raises:
        ApprovalError: with the rule and the remedy.
    """
    run, blessing = candidate.run, candidate.infra_blessing
    if property_of(candidate.model_blessing, "blessed") != 1:
        raise ApprovalError(
            f"Run {run} is not blessed: a model that failed the recall gate can't be approved or "
            "rejected. `medtfx runs` shows its results."
        )
    if property_of(blessing, "blessed") != 1:
        raise ApprovalError(
            f"The ServingValidator refused the model of run {run}: "
            f"{property_of(blessing, 'reason')}. Fix that and run the recipe again."
        )
    if candidate.version is not None:
        raise ApprovalError(
            f"The model of run {run} has already been pushed as version {candidate.version} of "
            f"{candidate.model}. `medtfx rollback {candidate.model}` withdraws it."
        )
    if not approved:
        return
    if not force:
        _check_not_overtaken(graph, candidate)
    storage.prepare(blessing.uri)
    if (saved_model := _missing_model(blessing.uri)) is not None:
        raise ApprovalError(
            f"The validated model is gone: {saved_model}. Give the command of run {run} again to "
            "train and validate it again."
        )


def latest_decision(graph: MetadataGraph, blessing: Any) -> Any | None:
    """Returns the latest Approval about the model in an InfraBlessing, if there is one."""
    about = [
        approval
        for approval in graph.artifacts("Approval")
        if property_of(approval, "infra_blessing_id") == blessing.id
    ]
    return about[-1] if about else None


def _check_not_overtaken(graph: MetadataGraph, candidate: Candidate) -> None:
    decision = latest_decision(graph, candidate.infra_blessing)
    if decision is not None and property_of(decision, "approved") == 0:
        raise ApprovalError(
            f"{property_of(decision, 'by')} rejected the model of run {candidate.run} on "
            f"{property_of(decision, 'at')[:10]}: {property_of(decision, 'note')}. "
            "--force approves it anyway."
        )
    newer = [
        blessing
        for blessing in graph.artifacts("InfraBlessing")
        if blessing.id > candidate.infra_blessing.id
        and property_of(blessing, "blessed") == 1
        and property_of(blessing, "model_id") != candidate.model_id
        and graph.pipeline_of(blessing) == candidate.pipeline
        and not _rejected(graph, blessing)
    ]
    if newer:
        maker = graph.producer(newer[-1])
        raise ApprovalError(
            f"Run {maker.run if maker else '?'} has validated a newer model of "
            f"{candidate.model}. Approve that one, or this one with --force."
        )


def _rejected(graph: MetadataGraph, blessing: Any) -> bool:
    decision = latest_decision(graph, blessing)
    return decision is not None and property_of(decision, "approved") == 0


def _version_of(graph: MetadataGraph, blessing: Any) -> int | None:
    for reader in graph.readers(blessing):
        for pushed in reader.outputs.get("pushed_model", []):
            if (version := _pushed_version(pushed)) is not None:
                return version
    return None


def _pushed_version(pushed: Any) -> int | None:
    return int(property_of(pushed, "pushed_version")) if property_of(pushed, "pushed") else None


def _fingerprint(example_gen: NodeExecution) -> str:
    return str(property_of(example_gen.outputs["quarantine"][0], "data_fingerprint"))


def _missing_model(blessing_uri: str) -> str | None:
    """Returns the path of the validated model where it is gone, else None."""
    from tfx.dsl.io import fileio
    from tfx.utils import path_utils

    saved_model = os.path.join(path_utils.stamped_model_path(blessing_uri), "saved_model.pb")
    return None if fileio.exists(saved_model) else saved_model


def _decision(candidate: Candidate, approved: bool, by: str, note: str) -> "Decision":
    from components.approval.decision import Decision
    from serving.promotion.journal import now

    return Decision(
        approved=approved,
        by=by,
        note=note,
        at=now(),
        run=candidate.run,
        data_fingerprint=candidate.data_fingerprint,
        classes=candidate.classes,
    )


def _update_records(home: Home, candidate: Candidate, approval: Any, pushed: Any | None) -> None:
    """Brings the records of all runs that ended with this model up to date."""
    from components.artifacts import SIGNED
    from pipeline.runs.outcome import rejection_clause

    version = _pushed_version(pushed) if pushed is not None else None
    said = {name: property_of(approval, name) for name in ("by", "at", "note")}
    for record in load_all(home):
        if record.paths.validation != candidate.infra_blessing.uri:
            continue
        if version is None:
            save(replace(record, approval="rejected", refused=rejection_clause(**said)), home)
        else:
            base = json.loads(candidate.push_destination)["filesystem"]["base_directory"]
            paths = replace(record.paths, model=os.path.join(base, str(version)))
            save(
                replace(record, approval="approved", refused="", version=version, served=True,
                        signed=bool(property_of(pushed, SIGNED)),
                        paths=paths),
                home,
            )  # fmt: skip
