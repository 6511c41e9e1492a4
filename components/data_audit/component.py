"""The contract of the node."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.artifacts import Audit, Quarantine
from components.data_audit.executor import Executor
from components.recipe.audit import AuditSection


class DataAuditSpec(types.ComponentSpec):
    """Channels and parameters of `DataAudit`."""

    PARAMETERS = {
        "section": ExecutionParameter(type=str),
        "folds": ExecutionParameter(type=int),
        "split_seed": ExecutionParameter(type=int),
        "source": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "quarantine": ChannelParameter(type=Quarantine),
        "baseline": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
    }
    OUTPUTS = {"audit": ChannelParameter(type=Audit)}


class DataAudit(base_beam_component.BaseBeamComponent):
    """Checks the data for leaks, contradictions, outliers, identifiers, shortcuts and drift.

    It never stops the run; `AuditGate` does.

    In a pipeline:

        audit = DataAudit(
            examples=example_gen.outputs["examples"],
            statistics=statistics_gen.outputs["statistics"],
            quarantine=example_gen.outputs["quarantine"],
            baseline=baseline_statistics.outputs["statistics"],
            section=recipe.audit,
            folds=recipe.evaluation.folds,
            split_seed=recipe.data.split_seed,
            source=source,
        )
        trainer.add_upstream_node(AuditGate(audit=audit.outputs["audit"], source=source))

    Outputs:
        audit: `audit.json`, `audit.html` and a CSV a finding.
    """

    SPEC_CLASS = DataAuditSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        statistics: types.BaseChannel,
        quarantine: types.BaseChannel,
        section: AuditSection,
        folds: int | None,
        split_seed: int,
        source: str,
        baseline: types.BaseChannel | None = None,
    ):
        """Builds the node.

        Args:
            examples: raw, with all splits.
            statistics: of the same.
            quarantine: of the same `ImageExampleGen`.
            section: the recipe's section.
            folds: `evaluation.folds`: a picture in two of them is a leak; None for a test split.
            split_seed: `data.split_seed`, which deals the patients to the folds.
            source: digest of the code behind the node.
            baseline: statistics of the data of the latest blessed model, if there is one.
        """
        super().__init__(
            spec=DataAuditSpec(
                examples=examples,
                statistics=statistics,
                quarantine=quarantine,
                baseline=baseline,
                section=section.model_dump_json(),
                folds=folds or 0,
                split_seed=split_seed,
                source=source,
                audit=types.Channel(type=Audit),
            )
        )
