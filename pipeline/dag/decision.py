"""The pipeline of a decision: it records an approval or rejection, and pushes an approved model."""

from typing import Any

from google.protobuf import json_format
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import pusher_pb2
from tfx.types import Channel, standard_artifacts

from components.approval.component import RecordDecision
from components.approval.decision import Decision
from components.approval.resolve import Chosen
from components.pusher.component import Pusher
from pipeline.dag.candidate import Candidate


def build_decision(candidate: Candidate, decision: Decision, connection: Any) -> Pipeline:
    """Wires the nodes that record a person's decision and push an approved model.

    They belong to the pipeline of the model, so that its later runs find the decision, and the push
    in the cache.

    Args:
        candidate: the model.
        decision: about it.
        connection: config of ML Metadata; None where the runner knows it.
    """
    chosen = Resolver(
        strategy_class=Chosen,
        config={
            "ids": {
                "model": candidate.model_id,
                "model_blessing": candidate.model_blessing.id,
                "infra_blessing": candidate.infra_blessing.id,
                "evaluation": candidate.evaluation.id,
            }
        },
        model=Channel(type=standard_artifacts.Model),
        model_blessing=Channel(type=standard_artifacts.ModelBlessing),
        infra_blessing=Channel(type=standard_artifacts.InfraBlessing),
        evaluation=Channel(type=standard_artifacts.ModelEvaluation),
    ).with_id("Chosen")
    recorded = RecordDecision(
        model=chosen.outputs["model"],
        infra_blessing=chosen.outputs["infra_blessing"],
        evaluation=chosen.outputs["evaluation"],
        decision=decision.to_json(),
    )
    nodes = [chosen, recorded]
    if decision.approved:
        pusher = Pusher(
            model_blessing=chosen.outputs["model_blessing"],
            infra_blessing=chosen.outputs["infra_blessing"],
            approval=recorded.outputs["approval"],
            push_destination=json_format.Parse(
                candidate.push_destination, pusher_pb2.PushDestination()
            ),
        )
        nodes.append(pusher)
    return Pipeline(
        pipeline_name=candidate.pipeline,
        pipeline_root=candidate.pipeline_root,
        components=nodes,
        enable_cache=True,
        metadata_connection_config=connection,
    )
