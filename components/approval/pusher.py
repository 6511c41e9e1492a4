"""The Pusher that waits for a person."""

from typing import Any

from tfx import types
from tfx.components.pusher import executor as pusher_executor
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter

from components.artifacts import Approval


class Executor(pusher_executor.Executor):
    """TFX's own, which pushes nothing that is not approved."""

    def CheckBlessing(self, input_dict: dict[str, list[types.Artifact]]) -> bool:  # noqa: N802
        """Whether both blessings and an approval of this very copy are there."""
        blessing = artifact_utils.get_single_instance(input_dict["infra_blessing"])
        return super().CheckBlessing(input_dict) and any(
            approval.approved == 1 and approval.infra_blessing_id == blessing.id
            for approval in input_dict.get("approval", [])
        )


class ApprovedPusherSpec(standard_component_specs.PusherSpec):
    """Channels and parameters of `ApprovedPusher`."""

    INPUTS = {
        **standard_component_specs.PusherSpec.INPUTS,
        "approval": ChannelParameter(type=Approval, optional=True),
    }


class ApprovedPusher(base_component.BaseComponent):
    """Pushes the model of an InfraBlessing once it is approved.

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

    A run ends without a push as long as there is no decision. An approval is another input for the
    cache, so the same run given again pushes then.

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
