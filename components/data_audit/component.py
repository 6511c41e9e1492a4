"""The contract of the node."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.data_audit.artifacts import Audit
from components.data_audit.executor import Executor
from components.image_example_gen.artifacts import Quarantine
from components.recipe.audit import AuditSection
from components.runtime.source_hash import source_hash


class DataAuditSpec(types.ComponentSpec):
    """Channels and parameters of `DataAudit`."""

    PARAMETERS = {
        "section": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
        "quarantine": ChannelParameter(type=Quarantine),
        "baseline": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
    }
    OUTPUTS = {"audit": ChannelParameter(type=Audit)}


class DataAudit(base_component.BaseComponent):
    """Looks for leaks, contradictions, outliers, identifiers, shortcuts and drift in the data.

    It stops nothing itself; `AuditGate` does.

    In a pipeline:

        audit = DataAudit(
            examples=example_gen.outputs["examples"],
            statistics=statistics_gen.outputs["statistics"],
            quarantine=example_gen.outputs["quarantine"],
            baseline=baseline_statistics.outputs["statistics"],
            section=recipe.audit,
        )
        trainer.add_upstream_node(AuditGate(audit.outputs["audit"]))

    Outputs:
        audit: `audit.json`, `audit.html` and a CSV a finding.
    """

    SPEC_CLASS = DataAuditSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        statistics: types.BaseChannel,
        quarantine: types.BaseChannel,
        section: AuditSection,
        baseline: types.BaseChannel | None = None,
    ):
        """Builds the node.

        Args:
            examples: raw, with all splits.
            statistics: of the same.
            quarantine: of the same `ImageExampleGen`.
            section: the recipe's section.
            baseline: statistics of the latest blessed model's data, if there are.
        """
        super().__init__(
            spec=DataAuditSpec(
                examples=examples,
                statistics=statistics,
                quarantine=quarantine,
                baseline=baseline,
                section=section.model_dump_json(),
                source=source_hash(
                    "components.data_audit",
                    "components.storage.examples",
                    "components.recipe.audit",
                    "components.runtime.threads",
                ),
                audit=types.Channel(type=Audit),
            )
        )
