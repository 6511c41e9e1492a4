"""The contract of the node that records a decision."""

import json

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.approval.artifacts import Approval
from components.approval.decision import Decision
from components.approval.executor import Executor


class RecordDecisionSpec(types.ComponentSpec):
    """Channels and parameters of `RecordDecision`."""

    PARAMETERS = {
        "approved": ExecutionParameter(type=int),
        "by": ExecutionParameter(type=str),
        "note": ExecutionParameter(type=str),
        "at": ExecutionParameter(type=str),
        "run": ExecutionParameter(type=str),
        "data_fingerprint": ExecutionParameter(type=str),
        "classes": ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "infra_blessing": ChannelParameter(type=standard_artifacts.InfraBlessing),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
    }
    OUTPUTS = {"approval": ChannelParameter(type=Approval)}


class RecordDecision(base_component.BaseComponent):
    """Records who lets a validated model pass, or does not.

    In a pipeline of its own, which `medtfx approve` runs:

        decided = RecordDecision(model, infra_blessing, evaluation, decision)
        ApprovedPusher(model_blessing, infra_blessing, decided.outputs["approval"], destination)

    Outputs:
        approval: the decision, and the recall of each class that it was based on.
    """

    SPEC_CLASS = RecordDecisionSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        infra_blessing: types.BaseChannel,
        evaluation: types.BaseChannel,
        decision: Decision,
    ):
        """Builds the node.

        Args:
            model: that was validated.
            infra_blessing: with the copy of the model that would be pushed.
            evaluation: of the model.
            decision: who decides what.
        """
        super().__init__(
            spec=RecordDecisionSpec(
                model=model,
                infra_blessing=infra_blessing,
                evaluation=evaluation,
                approved=int(decision.approved),
                by=decision.by,
                note=decision.note,
                at=decision.at,
                run=decision.run,
                data_fingerprint=decision.data_fingerprint,
                classes=json.dumps(list(decision.classes)),
                approval=types.Channel(type=Approval),
            )
        )
