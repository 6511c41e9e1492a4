"""The contract of the node."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.artifacts import Approval
from components.pusher.executor import Executor


class PusherSpec(standard_component_specs.PusherSpec):
    """Channels and parameters of `Pusher`."""

    PARAMETERS = {
        **standard_component_specs.PusherSpec.PARAMETERS,
        "approval_required": ExecutionParameter(type=int),
    }
    INPUTS = {
        **standard_component_specs.PusherSpec.INPUTS,
        "approval": ChannelParameter(type=Approval, optional=True),
    }


class Pusher(base_component.BaseComponent):
    """Pushes the model of an InfraBlessing: the files that were validated, and no others.

    In a pipeline:

        Pusher(
            model_blessing=evaluator.outputs["blessing"],
            infra_blessing=serving_validator.outputs["blessing"],
            push_destination=...,
        )

    With `approval`, a person has to approve them first:

        approval = Resolver(
            strategy_class=LatestDecision,
            infra_blessing=serving_validator.outputs["blessing"],
            approval=Channel(type=Approval),
        )
        Pusher(..., approval=approval.outputs["approval"])

    Without a decision the run ends without a push. An approval changes the inputs of the node, so
    the cache does not apply, and the same run, started again, pushes. An edit of the node's code
    does not push a model again: unlike other nodes, it has no `source`.

    Outputs:
        pushed_model: as of TFX's Pusher, and whether the version is signed.
    """

    SPEC_CLASS = PusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model_blessing: types.BaseChannel,
        infra_blessing: types.BaseChannel,
        push_destination: pusher_pb2.PushDestination,
        approval: types.BaseChannel | None = None,
    ):
        """Builds the node.

        Args:
            model_blessing: of the Evaluator.
            infra_blessing: of the ServingValidator, with the model that is pushed.
            push_destination: as of TFX's Pusher.
            approval: the decision about it; may be empty. None: no decision is needed.
        """
        super().__init__(
            spec=PusherSpec(
                model_blessing=model_blessing,
                infra_blessing=infra_blessing,
                push_destination=push_destination,
                approval=approval,
                approval_required=int(approval is not None),
                custom_config="null",
                pushed_model=types.Channel(type=standard_artifacts.PushedModel),
            )
        )
