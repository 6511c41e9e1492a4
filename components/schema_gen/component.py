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
    """SchemaGen that knows the recipe: the label's domain, and which features may be missing.

    In a pipeline:

        schema_gen = RecipeSchemaGen(statistics_gen.outputs["statistics"], recipe.data, source)
        ExampleValidator(statistics_gen.outputs["statistics"], schema_gen.outputs["schema"])

    Outputs:
        schema: `schema.pbtxt`.
    """

    SPEC_CLASS = RecipeSchemaGenSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, statistics: types.BaseChannel, data: DataSection, source: str):
        """Builds the node.

        Args:
            statistics: of the Examples.
            data: the recipe's section.
            source: digest of the code behind the node.
        """
        super().__init__(
            spec=RecipeSchemaGenSpec(
                statistics=statistics,
                data=data.model_dump_json(by_alias=True),
                source=source,
                schema=types.Channel(type=standard_artifacts.Schema),
            )
        )
