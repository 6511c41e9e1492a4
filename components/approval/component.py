"""The node that records a decision, with what it was based on."""

import json
import os
from dataclasses import asdict

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from components.approval.decision import Decision
from components.artifacts import DECISION_FILE, Approval
from components.gate.results import load_results
from components.gate.validated_copy import check_unchanged, local_copy, validated_files


@component(use_beam=False)
def RecordDecision(  # noqa: N802 - TFX names a node after its function
    model: InputArtifact[standard_artifacts.Model],
    infra_blessing: InputArtifact[standard_artifacts.InfraBlessing],
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    approval: OutputArtifact[Approval],
    decision: Parameter[str],
) -> None:
    """Records that a person approved or rejected a validated model.

    In a pipeline of its own, which `medtfx approve` runs:

        recorded = RecordDecision(model, infra_blessing, evaluation, decision.to_json())
        Pusher(model_blessing, infra_blessing, destination, recorded.outputs["approval"])

    Args:
        model: that was validated.
        infra_blessing: with the copy of the model that would be pushed.
        evaluation: of the model.
        approval: the decision, the recall of each class that it was based on, and the digests of
            the files that were approved.
        decision: a `Decision` as JSON.

    Raises:
        ChangedModelError: it is approved, and its files are no longer those that were validated.
    """
    decided = Decision.from_json(decision)
    results = load_results(evaluation.uri, decided.classes)
    files = validated_files(infra_blessing) if decided.approved else {}
    if decided.approved:
        with local_copy(infra_blessing) as copy:
            check_unchanged(copy, files, "the ServingValidator tested")
    approval.approved = int(decided.approved)
    approval.by = decided.by
    approval.note = decided.note
    approval.at = decided.at
    approval.run = decided.run
    approval.data_fingerprint = decided.data_fingerprint
    approval.model_id = model.id
    approval.infra_blessing_id = infra_blessing.id
    approval.model_files = json.dumps(files)
    approval.recalls = json.dumps(
        {found.label: [found.recall, found.low] for found in results.classes}
    )
    written = {
        **asdict(decided),
        "model_id": model.id,
        "infra_blessing_id": infra_blessing.id,
        "model_files": files,
        "classes": [asdict(found) for found in results.classes],
    }
    io_utils.write_string_file(
        os.path.join(approval.uri, DECISION_FILE), json.dumps(written, indent=2, ensure_ascii=False)
    )
