"""The contract of the node."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.tuner.trial.executor import Executor


class TrialSpec(types.ComponentSpec):
    """Channels and parameters of `Trial`."""

    PARAMETERS = {
        "config": ExecutionParameter(type=str),
        "number": ExecutionParameter(type=int),
    }
    INPUTS = {
        "transformed_examples": ChannelParameter(type=standard_artifacts.Examples),
        "earlier": ChannelParameter(type=standard_artifacts.TunerResults, optional=True),
    }
    OUTPUTS = {
        "result": ChannelParameter(type=standard_artifacts.TunerResults),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
    }


class Trial(base_component.BaseComponent):
    """A trial of a search: a training with other values of `model` and `training`.

    The network is not kept. There is a node for each trial, so that a finished one is not trained
    again, and that those of a round can be trained at the same time:

        first = [
            Trial(transformed, config, number).with_id(f"Trial{number}") for number in (1, 2, 3)
        ]
        fourth = Trial(transformed, config, 4, union(one.outputs["result"] for one in first))

    Outputs:
        result: `trial.json`, see `TrialResult`.
        model_run: TensorBoard logs.
    """

    SPEC_CLASS = TrialSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        transformed_examples: types.BaseChannel,
        config: dict[str, Any],
        number: int,
        earlier: types.BaseChannel | None = None,
    ):
        """Builds the node.

        Args:
            transformed_examples: with the splits `train` and `eval`.
            config: the sections `data`, `model` and `training` of the recipe as plain values,
                `space` as `parse_space` takes it, `checkpoints`, the folder for the state of
                unfinished trainings, and digests of code and weights for TFX's cache.
            number: of the trial, from 1.
            earlier: results of the trials that it waits for, of `rounds.known_before`.
        """
        super().__init__(
            spec=TrialSpec(
                transformed_examples=transformed_examples,
                config=json.dumps(config),
                number=number,
                earlier=earlier,
                result=types.Channel(type=standard_artifacts.TunerResults),
                model_run=types.Channel(type=standard_artifacts.ModelRun),
            )
        )
