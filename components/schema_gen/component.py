"""The contract of the node."""

import os
from typing import Any

import tensorflow_data_validation as tfdv
from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter
from tfx.utils import io_utils

from components.recipe.data import DataSection
from components.runtime.source_hash import source_hash
from components.schema_gen.schema import curate

SCHEMA_FILE = "schema.pbtxt"


class Executor(base_executor.BaseExecutor):
    """Infers the schema from the training split and curates it."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes `schema.pbtxt`."""
        folder = artifact_utils.get_split_uri(input_dict["statistics"], "train")
        statistics = tfdv.load_stats_binary(os.path.join(folder, "FeatureStats.pb"))
        data = DataSection.model_validate_json(exec_properties["data"])
        schema = curate(tfdv.infer_schema(statistics, infer_feature_shape=False), data)
        uri = artifact_utils.get_single_uri(output_dict["schema"])
        io_utils.write_pbtxt_file(os.path.join(uri, SCHEMA_FILE), schema)


class RecipeSchemaGenSpec(types.ComponentSpec):
    """Channels and parameters of `RecipeSchemaGen`."""

    PARAMETERS = {"data": ExecutionParameter(type=str), "source": ExecutionParameter(type=str)}
    INPUTS = {"statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics)}
    OUTPUTS = {"schema": ChannelParameter(type=standard_artifacts.Schema)}


class RecipeSchemaGen(base_component.BaseComponent):
    """SchemaGen that knows the recipe: the label's domain, and which features may be missing.

    In a pipeline:

        schema_gen = RecipeSchemaGen(statistics_gen.outputs["statistics"], recipe.data)
        ExampleValidator(statistics_gen.outputs["statistics"], schema_gen.outputs["schema"])

    Outputs:
        schema: `schema.pbtxt`.
    """

    SPEC_CLASS = RecipeSchemaGenSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, statistics: types.BaseChannel, data: DataSection):
        """Builds the node from the statistics channel and the recipe's data section."""
        super().__init__(
            spec=RecipeSchemaGenSpec(
                statistics=statistics,
                data=data.model_dump_json(by_alias=True),
                source=source_hash("components.schema_gen"),
                schema=types.Channel(type=standard_artifacts.Schema),
            )
        )
