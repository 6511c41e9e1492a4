"""The contract of the node."""

import json

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.recipe.data import DataSection
from components.recipe.evaluation import EvaluationSection
from components.serving_validator.driver import Driver
from components.serving_validator.executor import Executor


class ServingValidatorSpec(types.ComponentSpec):
    """Channels and parameters of `ServingValidator`."""

    PARAMETERS = {
        "model_name": ExecutionParameter(type=str),
        "classes": ExecutionParameter(type=str),
        "image_size": ExecutionParameter(type=int),
        "largest_batch": ExecutionParameter(type=int),
        "mixed_precision": ExecutionParameter(type=int),
        "server": ExecutionParameter(type=str),
        "load_seconds": ExecutionParameter(type=float),
        "request_seconds": ExecutionParameter(type=float),
        "rules": ExecutionParameter(type=str),
        "source": ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
        "model_blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "out_of_fold": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {"blessing": ChannelParameter(type=standard_artifacts.InfraBlessing)}


class ServingValidator(base_component.BaseComponent):
    """Serves the blessed model as TensorFlow Serving does, and tests it before it is pushed.

    In a pipeline:

        validator = ServingValidator(
            model=trainer.outputs["model"],
            model_run=trainer.outputs["model_run"],
            model_blessing=evaluator.outputs["blessing"],
            evaluation=evaluator.outputs["evaluation"],
            examples=example_gen.outputs["examples"],
            data=recipe.data,
            rules=recipe.evaluation,
            model_name="covid",
            largest_batch=32,
            mixed_precision=recipe.training.mixed_precision,
            server="serving.embedded",
            source=node_source("ServingValidator"),
        )
        Pusher(
            model_blessing=evaluator.outputs["blessing"],
            infra_blessing=validator.outputs["blessing"],
            push_destination=...,
        )

    The Pusher pushes the copy in the blessing, with its warm-up file, the floors and figures of
    the gate, the predictions that it judged, and its manifest.

    Outputs:
        blessing: an InfraBlessing, as of TFX's InfraValidator, with `validation.json`.
    """

    SPEC_CLASS = ServingValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(
        self,
        model: types.BaseChannel,
        model_run: types.BaseChannel,
        model_blessing: types.BaseChannel,
        evaluation: types.BaseChannel,
        examples: types.BaseChannel,
        data: DataSection,
        rules: EvaluationSection,
        model_name: str,
        largest_batch: int,
        mixed_precision: bool,
        server: str,
        source: str,
        load_seconds: float = 300.0,
        request_seconds: float = 60.0,
        out_of_fold: types.BaseChannel | None = None,
    ):
        """Builds the node.

        Args:
            model: the candidate, of the Trainer.
            model_run: of the Trainer, with the reference predictions of the network.
            model_blessing: of the Evaluator; a model that is not blessed is not tested.
            evaluation: of the Evaluator; its figures travel with the model.
            examples: of ImageExampleGen, with the splits `eval` and `test`.
            data: the recipe's section.
            rules: the recipe's section `evaluation`, which travels with the model.
            model_name: name under which it is served.
            largest_batch: largest number of images that the server runs together.
            mixed_precision: whether layers compute in float16; larger differences are allowed then.
            server: import path of a package that is run as a server, see `ServerProcess`.
            source: hash of the code behind the node, for TFX's cache.
            load_seconds: longest time to start the server and load the model.
            request_seconds: longest time of a request.
            out_of_fold: of OutOfFold, with folds alone.
        """
        super().__init__(
            spec=ServingValidatorSpec(
                model=model,
                model_run=model_run,
                model_blessing=model_blessing,
                evaluation=evaluation,
                examples=examples,
                model_name=model_name,
                classes=json.dumps(list(data.classes)),
                image_size=data.image_size,
                largest_batch=largest_batch,
                mixed_precision=int(mixed_precision),
                server=server,
                load_seconds=load_seconds,
                request_seconds=request_seconds,
                rules=json.dumps(rules.plain(), sort_keys=True),
                source=source,
                out_of_fold=out_of_fold,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
