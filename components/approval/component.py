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


@component(use_beam=False)
def RecordDecision(  # noqa: N802 - TFX names a node after its function
    model: InputArtifact[standard_artifacts.Model],
    infra_blessing: InputArtifact[standard_artifacts.InfraBlessing],
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    approval: OutputArtifact[Approval],
    decision: Parameter[str],
) -> None:
    """Records who lets a validated model pass, or does not.

    In a pipeline of its own, which `medtfx approve` runs:

        recorded = RecordDecision(model, infra_blessing, evaluation, decision.to_json())
        ApprovedPusher(model_blessing, infra_blessing, recorded.outputs["approval"], destination)

    Args:
        model: that was validated.
        infra_blessing: with the copy of the model that would be pushed.
        evaluation: of the model.
        approval: the decision, and the recall of each class that it was based on.
        decision: a `Decision` as JSON.
    """
    decided = Decision.from_json(decision)
    results = load_results(evaluation.uri, decided.classes)
    approval.approved = int(decided.approved)
    approval.by = decided.by
    approval.note = decided.note
    approval.at = decided.at
    approval.run = decided.run
    approval.data_fingerprint = decided.data_fingerprint
    approval.model_id = model.id
    approval.infra_blessing_id = infra_blessing.id
    approval.recalls = json.dumps(
        {found.label: [found.recall, found.low] for found in results.classes}
    )
    written = {
        **asdict(decided),
        "model_id": model.id,
        "infra_blessing_id": infra_blessing.id,
        "classes": [asdict(found) for found in results.classes],
    }
    io_utils.write_string_file(
        os.path.join(approval.uri, DECISION_FILE), json.dumps(written, indent=2, ensure_ascii=False)
    )
