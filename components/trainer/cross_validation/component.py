"""The contract of the node."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.trainer.cross_validation.executor import Executor


class CrossValidationSpec(types.ComponentSpec):
    """Channels and parameters of `CrossValidation`."""

    PARAMETERS = {
        "config": ExecutionParameter(type=str),
        "fold": ExecutionParameter(type=int),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "transformed_examples": ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph),
    }
    OUTPUTS = {
        "predictions": ChannelParameter(type=standard_artifacts.Examples),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
    }


class CrossValidation(base_component.BaseComponent):
    """Trains the model of a fold, as the Trainer does, and predicts the images of that fold.

    The model is not kept. In a pipeline there is a node for each fold, so that a finished one is
    not trained again, and that they can be trained at the same time:

        folds = [
            CrossValidation(
                examples=example_gen.outputs["examples"],
                transformed_examples=transform.outputs["transformed_examples"],
                transform_graph=transform.outputs["transform_graph"],
                config=trainer_config,
                fold=number,
            ).with_id(f"CrossValidation{number}")
            for number in range(1, 6)
        ]
        OutOfFold(fold_predictions=union(fold.outputs["predictions"] for fold in folds), ...)

    Outputs:
        predictions: one Example for each image of the fold, without its pixels, in the split
            `out_of_fold`; see `predict.predictions_of`.
        model_run: TensorBoard logs.
    """

    SPEC_CLASS = CrossValidationSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        transformed_examples: types.BaseChannel,
        transform_graph: types.BaseChannel,
        config: dict[str, Any],
        fold: int,
    ):
        """Builds the node.

        Args:
            examples: raw, with all splits.
            transformed_examples: of the same, with all splits.
            transform_graph: that made them.
            config: the Trainer's `custom_config`, with the number of `folds`.
            fold: which of them, from 1.
        """
        super().__init__(
            spec=CrossValidationSpec(
                examples=examples,
                transformed_examples=transformed_examples,
                transform_graph=transform_graph,
                config=json.dumps(config),
                fold=fold,
                predictions=types.Channel(type=standard_artifacts.Examples),
                model_run=types.Channel(type=standard_artifacts.ModelRun),
            )
        )
