"""The contract of the node."""

import json

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.recipe.data import DataSection
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
        "answer_seconds": ExecutionParameter(type=float),
        "source": ExecutionParameter(type=str),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
        "model_blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
        "examples": ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {"blessing": ChannelParameter(type=standard_artifacts.InfraBlessing)}


class ServingValidator(base_component.BaseComponent):
    """Serves the blessed model as TensorFlow Serving would, and asks it before it is pushed.

    In a pipeline:

        validator = ServingValidator(
            model=trainer.outputs["model"],
            model_run=trainer.outputs["model_run"],
            model_blessing=evaluator.outputs["blessing"],
            examples=example_gen.outputs["examples"],
            data=recipe.data,
            model_name="covid",
            largest_batch=32,
            mixed_precision=recipe.training.mixed_precision,
            server="serving.embedded",
        )
        Pusher(
            model_blessing=evaluator.outputs["blessing"],
            infra_blessing=validator.outputs["blessing"],
            push_destination=...,
        )

    The Pusher gets no `model`: it then pushes the one in the blessing, with its warm-up file.

    Outputs:
        blessing: as of TFX's InfraValidator, with `validation.json`.
    """

    SPEC_CLASS = ServingValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(
        self,
        model: types.BaseChannel,
        model_run: types.BaseChannel,
        model_blessing: types.BaseChannel,
        examples: types.BaseChannel,
        data: DataSection,
        model_name: str,
        largest_batch: int,
        mixed_precision: bool,
        server: str,
        source: str,
        load_seconds: float = 300.0,
        answer_seconds: float = 60.0,
    ):
        """Builds the node.

        Args:
            model: the candidate.
            model_run: of the same Trainer; holds what the network said in training.
            model_blessing: of the Evaluator; without it the model is not tried.
            examples: raw, with the splits `eval` and `test`.
            data: the recipe's section.
            model_name: under which it is served.
            largest_batch: images that the server runs together, at most.
            mixed_precision: whether layers compute in float16; probabilities then agree less well.
            server: import path of a package that is run as a server; see `ServerProcess`.
            source: digest of the code behind the node.
            load_seconds: that the server may take to start and to load the model.
            answer_seconds: that an answer may take.
        """
        super().__init__(
            spec=ServingValidatorSpec(
                model=model,
                model_run=model_run,
                model_blessing=model_blessing,
                examples=examples,
                model_name=model_name,
                classes=json.dumps(list(data.classes)),
                image_size=data.image_size,
                largest_batch=largest_batch,
                mixed_precision=int(mixed_precision),
                server=server,
                load_seconds=load_seconds,
                answer_seconds=answer_seconds,
                source=source,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
