"""The contract of the node."""

import json
from collections.abc import Sequence

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.recipe.data import DataSection
from components.transform.executor import Executor

# The splits that a training reads where a test split is held out.
TRAINED = ("train", "eval")


class TransformSpec(types.ComponentSpec):
    """Channels and parameters of `Transform`."""

    PARAMETERS = {
        "data": ExecutionParameter(type=str),
        "splits": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
    }
    OUTPUTS = {
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph),
        "transformed_examples": ChannelParameter(type=standard_artifacts.Examples),
    }


class Transform(base_beam_component.BaseBeamComponent):
    """TFX's Transform with the preprocessing of the recipe.

    In a pipeline:

        transform = Transform(
            examples=example_gen.outputs["examples"],
            schema=schema_gen.outputs["schema"],
            statistics=statistics_gen.outputs["statistics"],
            data=recipe.data,
            source=source,
        )

    Outputs:
        transform_graph: as TFX's Transform writes it.
        transformed_examples: the chosen splits; see `preprocessing.preprocessing_fn`.
    """

    SPEC_CLASS = TransformSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel,
        statistics: types.BaseChannel,
        data: DataSection,
        source: str,
        splits: Sequence[str] = TRAINED,
    ):
        """Builds the node.

        Args:
            examples: by ImageExampleGen.
            schema: of the same.
            statistics: of the same, by StatisticsGen.
            data: the recipe's section.
            source: hash of the code behind the node, for TFX's cache.
            splits: that are transformed. The Evaluator sends stored images to the model, so a test
                split that is held out is not.
        """
        super().__init__(
            spec=TransformSpec(
                examples=examples,
                schema=schema,
                statistics=statistics,
                data=data.model_dump_json(by_alias=True),
                splits=json.dumps(list(splits)),
                source=source,
                transform_graph=types.Channel(type=standard_artifacts.TransformGraph),
                transformed_examples=types.Channel(type=standard_artifacts.Examples),
            )
        )
