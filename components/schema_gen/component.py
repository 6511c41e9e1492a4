"""The contract of the node."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.recipe.data import DataSection
from components.schema_gen.executor import Executor


class RecipeSchemaGenSpec(types.ComponentSpec):
    """Channels and parameters of `RecipeSchemaGen`."""

    PARAMETERS = {"data": ExecutionParameter(type=str), "source": ExecutionParameter(type=str)}
    INPUTS = {"statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics)}
    OUTPUTS = {"schema": ChannelParameter(type=standard_artifacts.Schema)}


class RecipeSchemaGen(base_component.BaseComponent):
    """SchemaGen with the label's domain and the optional features of the recipe.

    In a pipeline:

        schema_gen = RecipeSchemaGen(statistics_gen.outputs["statistics"], recipe.data, source)
        ExampleValidator(statistics_gen.outputs["statistics"], schema_gen.outputs["schema"])

    Outputs:
        schema: a Schema with the file `schema.pbtxt`.
    """

    SPEC_CLASS = RecipeSchemaGenSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, statistics: types.BaseChannel, data: DataSection, source: str):
        """Builds the node.

        Args:
            statistics: of the Examples, by StatisticsGen.
            data: the recipe's section.
            source: hash of the code behind the node, for TFX's cache.
        """
        super().__init__(
            spec=RecipeSchemaGenSpec(
                statistics=statistics,
                data=data.model_dump_json(by_alias=True),
                source=source,
                schema=types.Channel(type=standard_artifacts.Schema),
            )
        )
