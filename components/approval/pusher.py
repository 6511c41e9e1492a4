"""A Pusher that pushes only approved models."""

import json
from typing import Any

from tfx import types
from tfx.components.evaluator import constants
from tfx.components.pusher import executor as pusher_executor
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter

from components.approval.model_files import differences, digest_files
from components.artifacts import Approval
from components.gate.serving_blessing import MODEL_ID
from components.runtime.errors import MedtfxError


class ChangedModelError(MedtfxError):
    """The files of a model are not those that were approved."""


class Executor(pusher_executor.Executor):
    """TFX's own, which pushes only what the gate, ServingValidator and a person allowed."""

    def CheckBlessing(self, input_dict: dict[str, list[types.Artifact]]) -> bool:  # noqa: N802
        """Returns whether both blessings and the latest decision allow this copy of the model.

        Raises:
            ChangedModelError: it was approved, and its files have changed since.
        """
        gate = artifact_utils.get_single_instance(input_dict["model_blessing"])
        served = artifact_utils.get_single_instance(input_dict["infra_blessing"])
        model_id = gate.get_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY)
        decision = _latest_decision(input_dict.get("approval", []), served, model_id)
        if not super().CheckBlessing(input_dict) or decision is None or decision.approved != 1:
            return False
        if served.get_int_custom_property(MODEL_ID) != model_id:
            return False
        folder = self.GetModelPath(input_dict)
        if changes := differences(json.loads(decision.model_files), digest_files(folder)):
            raise ChangedModelError(
                f"Only the files that {decision.by} approved on {decision.at[:10]} may be pushed. "
                f"In {folder}: {'; '.join(changes)}. Nothing was pushed. Restore the approved "
                "files and run the recipe again."
            )
        return True


def _latest_decision(
    approvals: list[types.Artifact], served: types.Artifact, model_id: int
) -> types.Artifact | None:
    about = [
        approval
        for approval in approvals
        if (approval.infra_blessing_id, approval.model_id) == (served.id, model_id)
    ]
    return max(about, key=lambda approval: approval.id, default=None)


class ApprovedPusherSpec(standard_component_specs.PusherSpec):
    """Channels and parameters of `ApprovedPusher`."""

    INPUTS = {
        **standard_component_specs.PusherSpec.INPUTS,
        "approval": ChannelParameter(type=Approval, optional=True),
    }


class ApprovedPusher(base_component.BaseComponent):
    """Pushes the model of an InfraBlessing after a person approved it.

    In a pipeline:

        approval = Resolver(
            strategy_class=LatestDecision,
            infra_blessing=serving_validator.outputs["blessing"],
            approval=Channel(type=Approval),
        )
        ApprovedPusher(
            model_blessing=evaluator.outputs["blessing"],
            infra_blessing=serving_validator.outputs["blessing"],
            approval=approval.outputs["approval"],
            push_destination=...,
        )

    Without a decision the run ends without a push. An approval changes the inputs of the node, so
    the cache does not apply, and the same run, started again, pushes.

    Outputs:
        pushed_model: as of TFX's Pusher.
    """

    SPEC_CLASS = ApprovedPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model_blessing: types.BaseChannel,
        infra_blessing: types.BaseChannel,
        approval: types.BaseChannel,
        push_destination: pusher_pb2.PushDestination,
    ):
        """Builds the node.

        Args:
            model_blessing: of the Evaluator.
            infra_blessing: of the ServingValidator, with the model that is pushed.
            approval: the decision about it; may be empty.
            push_destination: as of TFX's Pusher.
        """
        values: dict[str, Any] = {"custom_config": "null"}
        super().__init__(
            spec=ApprovedPusherSpec(
                model_blessing=model_blessing,
                infra_blessing=infra_blessing,
                approval=approval,
                push_destination=push_destination,
                pushed_model=types.Channel(type=standard_artifacts.PushedModel),
                **values,
            )
        )
