"""The contract of the node."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.artifacts import Audit, Quarantine
from components.artifacts import RunReport as RunReportArtifact
from components.run_report.executor import Executor


class RunReportSpec(types.ComponentSpec):
    """Channels and parameters of `RunReport`."""

    PARAMETERS = {
        "recipe": ExecutionParameter(type=str),
        "model_name": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
        "code": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "quarantine": ChannelParameter(type=Quarantine),
        "audit": ChannelParameter(type=Audit),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "infra_blessing": ChannelParameter(type=standard_artifacts.InfraBlessing),
        "pushed_model": ChannelParameter(type=standard_artifacts.PushedModel),
        "out_of_fold": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {"report": ChannelParameter(type=RunReportArtifact)}


class RunReport(base_component.BaseComponent):
    """Writes one page about the model of a run, blessed or not.

    In a pipeline:

        RunReport(
            recipe=recipe.plain(),
            model_name="covid",
            code=model_source(),
            source=source,
            examples=example_gen.outputs["examples"],
            statistics=statistics_gen.outputs["statistics"],
            quarantine=example_gen.outputs["quarantine"],
            audit=data_audit.outputs["audit"],
            model=trainer.outputs["model"],
            model_run=trainer.outputs["model_run"],
            evaluation=evaluator.outputs["evaluation"],
            infra_blessing=serving_validator.outputs["blessing"],
            pushed_model=pusher.outputs["pushed_model"],
        )

    The recall of the baseline is read from the evaluation.

    Outputs:
        report: `report.html`, and `predictions.csv` with every prediction of the test split, or
            with folds those of OutOfFold.
    """

    SPEC_CLASS = RunReportSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        recipe: dict[str, Any],
        model_name: str,
        code: str,
        source: str,
        **inputs: types.BaseChannel | None,
    ):
        """Builds the node.

        Args:
            recipe: plain values: `name`, `summary` and the sections `data` and `evaluation`; the
                page prints all that is in it.
            model_name: under which the model is pushed.
            code: digest of the code that made the model; the page states it.
            source: digest of the code behind the node.
            **inputs: a channel for each of `RunReportSpec.INPUTS`; `out_of_fold` with folds alone.
        """
        super().__init__(
            spec=RunReportSpec(
                recipe=json.dumps(recipe),
                model_name=model_name,
                code=code,
                source=source,
                report=types.Channel(type=RunReportArtifact),
                **inputs,
            )
        )
