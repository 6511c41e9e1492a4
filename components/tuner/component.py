"""The contract of the node."""

import json
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ChannelParameter, ExecutionParameter

from components.tuner.executor import Executor


class TunerSpec(types.ComponentSpec):
    """Channels and parameters of `Tuner`."""

    PARAMETERS = {"config": ExecutionParameter(type=str)}
    INPUTS = {"trials": ChannelParameter(type=standard_artifacts.TunerResults)}
    OUTPUTS = {
        "best_hyperparameters": ChannelParameter(type=standard_artifacts.HyperParameters),
        "tuner_results": ChannelParameter(type=standard_artifacts.TunerResults),
    }


class Tuner(base_component.BaseComponent):
    """Gathers the trials of a search, each of which was a node, and names the best.

    In a pipeline:

        Tuner(union(trial.outputs["result"] for trial in trials), config)

    Outputs:
        best_hyperparameters: as TFX's Tuner writes them, so that its Trainer could read them.
        tuner_results: as TFX's Tuner writes them: all trials, best first.
    """

    SPEC_CLASS = TunerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, trials: types.BaseChannel, config: dict[str, Any]):
        """Builds the node.

        Args:
            trials: results, by `Trial`.
            config: that of the trials.
        """
        super().__init__(
            spec=TunerSpec(
                trials=trials,
                config=json.dumps(config),
                best_hyperparameters=types.Channel(type=standard_artifacts.HyperParameters),
                tuner_results=types.Channel(type=standard_artifacts.TunerResults),
            )
        )
