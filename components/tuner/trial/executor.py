"""Chooses the values of a trial and trains with them."""

import json
import logging
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.runtime import progress
from components.storage.split_files import split_files
from components.training.checkpoint import Checkpoint, state_folder
from components.training.dataset import TransformedSplit
from components.tuner.result import TrialResult, read_results, write_result
from components.tuner.space import parse_space, with_values
from components.tuner.suggestion import suggest
from components.tuner.trial.train import train_trial

_log = logging.getLogger("medtfx.tuner")


class Executor(base_executor.BaseExecutor):
    """Fills `result`: values and score of a trial."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Trains, unless the space has no values left.

        Raises:
            RecipeError: a key of the search space is unknown, or a value is not allowed.
        """
        config, number = json.loads(exec_properties["config"]), exec_properties["number"]
        data = DataSection.model_validate(config["data"])
        model = ModelSection.model_validate(config["model"])
        training = TrainingSection.model_validate(config["training"])
        earlier = read_results(input_dict.get("earlier", []))
        space = parse_space(config["space"], model, training)
        values = suggest(space, model, training, number, earlier)
        folder = artifact_utils.get_single_uri(output_dict["result"])
        if not values:
            _log.info("trial %d: the space has no other values", number)
            write_result(folder, TrialResult(number, None, {}))
            return
        _log.info("trial %d: %s", number, values)
        model, training = with_values(model, training, values)
        files = {
            split: sorted(split_files(input_dict["transformed_examples"], split))
            for split in ("train", "eval")
        }
        checkpoint = Checkpoint(
            state_folder(config["checkpoints"], config, values, files),
            training.early_stopping.monitor,
        )
        train, eval_split = (TransformedSplit(tuple(found), data) for found in files.values())
        logs = artifact_utils.get_single_uri(output_dict["model_run"])
        with progress.within(_position(number, earlier)):
            score = train_trial(model, training, train, eval_split, checkpoint, logs)
        write_result(folder, TrialResult(number, score, values))
        checkpoint.remove()


def _position(number: int, earlier: list[TrialResult]) -> str:
    """Returns the number of the trial, and the best result of earlier rounds, in words."""
    scores = [one.score for one in earlier if one.score is not None]
    return f"trial {number}{f', best {max(scores):.3f}' if scores else ''}"
