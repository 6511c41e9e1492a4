"""Gathers the trials of a search."""

import json
import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.tuner.result import ALL_FILE, BEST_FILE, read_results
from components.tuner.space import parse_space
from components.tuner.suggestion import hyperparameters


class Executor(base_executor.BaseExecutor):
    """Fills `best_hyperparameters` and `tuner_results`, as TFX's Tuner does."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Sorts the trials; of equal scores the earlier trial is the better one."""
        config = json.loads(exec_properties["config"])
        model = ModelSection.model_validate(config["model"])
        training = TrainingSection.model_validate(config["training"])
        found = read_results(input_dict["trials"])
        found.sort(key=lambda one: (-(one.score or 0.0), one.number))
        rows = [{"trial_id": str(one.number), "score": one.score, **one.values} for one in found]
        best = hyperparameters(parse_space(config["space"], model, training), model, training)
        best.values = found[0].values
        for key, name, content in (
            ("tuner_results", ALL_FILE, rows),
            ("best_hyperparameters", BEST_FILE, best.get_config()),
        ):
            folder = artifact_utils.get_single_uri(output_dict[key])
            with fileio.open(os.path.join(folder, name), "w") as file:
                file.write(json.dumps(content))
