"""The contract of the node."""

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.statistics_gen.executor import Executor


class StatisticsGenSpec(types.ComponentSpec):
    """Channels and parameters of `StatisticsGen`."""

    PARAMETERS = {"source": ExecutionParameter(type=str)}
    INPUTS = {"examples": ChannelParameter(type=standard_artifacts.Examples)}
    OUTPUTS = {"statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics)}


class StatisticsGen(base_beam_component.BaseBeamComponent):
    """TFX's StatisticsGen, without Beam where no engine is named.

    In a pipeline:

        statistics_gen = StatisticsGen(example_gen.outputs["examples"], source)
        ExampleValidator(statistics_gen.outputs["statistics"], schema_gen.outputs["schema"])

    Outputs:
        statistics: `FeatureStats.pb` of each split, a DatasetFeatureStatisticsList.
    """

    SPEC_CLASS = StatisticsGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, examples: types.BaseChannel, source: str):
        """Builds the node.

        Args:
            examples: by ImageExampleGen.
            source: hash of the code behind the node, for TFX's cache.
        """
        super().__init__(
            spec=StatisticsGenSpec(
                examples=examples,
                source=source,
                statistics=types.Channel(type=standard_artifacts.ExampleStatistics),
            )
        )
