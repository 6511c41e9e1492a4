"""The contract of the node."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.evaluator.out_of_fold.executor import Executor


class OutOfFoldSpec(types.ComponentSpec):
    """Channels and parameters of `OutOfFold`."""

    PARAMETERS = {"source": ExecutionParameter(type=str)}
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "fold_predictions": ChannelParameter(type=standard_artifacts.Examples),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "baseline_predictions": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {"predictions": ChannelParameter(type=standard_artifacts.Examples)}


class OutOfFold(base_component.BaseComponent):
    """Checks the predictions of the folds, and puts those of the baseline beside them.

    A node of its own, since the baseline changes more often than the models of the folds, which
    take long to train. In a pipeline:

        out_of_fold = OutOfFold(
            examples=example_gen.outputs["examples"],
            fold_predictions=union(fold.outputs["predictions"] for fold in folds),
            model=trainer.outputs["model"],
            baseline_predictions=baseline.outputs["predictions"],
            source=source,
        )
        Evaluator(examples=out_of_fold.outputs["predictions"], example_splits=["out_of_fold"], ...)

    Outputs:
        predictions: of CrossValidation, with `baseline_index`: the class that the models of the
            baseline's folds predicted for the same image, -1 where they did not see it. The custom
            property `model_id` is that of the model that is judged by them.
    """

    SPEC_CLASS = OutOfFoldSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        fold_predictions: types.BaseChannel,
        model: types.BaseChannel,
        source: str,
        baseline_predictions: types.BaseChannel | None = None,
    ):
        """Builds the node.

        Args:
            examples: raw, with all splits: every image has to be predicted.
            fold_predictions: of CrossValidation, the union of all folds.
            model: trained on all images; these predictions decide about it.
            source: digest of the code behind the node.
            baseline_predictions: of this node, for the latest blessed model.
        """
        super().__init__(
            spec=OutOfFoldSpec(
                examples=examples,
                fold_predictions=fold_predictions,
                model=model,
                baseline_predictions=baseline_predictions,
                source=source,
                predictions=types.Channel(type=standard_artifacts.Examples),
            )
        )
