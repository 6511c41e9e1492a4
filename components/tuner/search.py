"""The search: KerasTuner chooses the values, the recipe's own Fitter trains each trial."""

import json
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
from keras_tuner.oracles import BayesianOptimizationOracle

from components.network.network import build_network
from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.runtime import progress
from components.training.checkpoint import Checkpoint
from components.training.compute import compute_setup
from components.training.dataset import TransformedSplit
from components.training.fit import Fitter
from components.tuner.space import Range, Space, value_of, with_values

OBJECTIVE = "balanced_accuracy"
HISTORY_FILE = "history.json"


class Oracle(BayesianOptimizationOracle):
    """Bayesian optimisation that tries the recipe's own values first."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns the values of the next trial."""
        if not self.trials:
            defaults = {hp.name: hp.default for hp in self.hyperparameters.space}
            return {"status": "RUNNING", "values": defaults}
        return dict(super().populate_space(trial_id))


def build_oracle(
    space: Space, model: ModelSection, training: TrainingSection, trials: int
) -> Oracle:
    """Builds what chooses the values.

    Args:
        space: the values to choose from.
        model: holds the recipe's own values, where the search begins.
        training: likewise, and the seed.
        trials: how many, those of an interrupted search included.
    """
    parameters = keras_tuner.HyperParameters()
    for key, values in space.items():
        own = value_of(model, training, key)
        default = own if values.holds(own) else None
        if isinstance(values, Range):
            make = parameters.Int if values.whole else parameters.Float
            low, high = values.ends()
            sampling = "log" if values.log else "linear"
            make(key, low, high, sampling=sampling, default=default)
        else:
            parameters.Choice(key, list(values.values), ordered=None, default=default)
    return Oracle(
        objective=keras_tuner.Objective(OBJECTIVE, "max"),
        max_trials=trials,
        max_consecutive_failed_trials=min(3, trials),
        hyperparameters=parameters,
        allow_new_entries=False,
        tune_new_entries=False,
        seed=training.seed,
    )


class Search(keras_tuner.engine.base_tuner.BaseTuner):
    """Runs the trials. What is in `folder` already is not run again.

    Args:
        oracle: of `build_oracle`.
        data: the recipe's section.
        model: the recipe's section.
        training: the recipe's section.
        folder: keeps the trials, finished or not.
    """

    def __init__(
        self,
        oracle: Oracle,
        data: DataSection,
        model: ModelSection,
        training: TrainingSection,
        folder: Path,
    ):
        self._data, self._model, self._training = data, model, training
        super().__init__(oracle, directory=str(folder.parent), project_name=folder.name)

    def run_trial(
        self, trial: Any, train: TransformedSplit, eval_split: TransformedSplit
    ) -> dict[str, float]:
        """Trains with the trial's values.

        Returns:
            The balanced accuracy on the eval split, of the epoch that the recipe would keep.
        """
        model, training = with_values(self._model, self._training, trial.hyperparameters.values)
        folder = Path(self.get_trial_dir(trial.trial_id))
        checkpoint = Checkpoint(folder / "checkpoint", training.early_stopping.monitor)
        keras.utils.set_random_seed(training.seed)
        with progress.within(self._position(trial)), compute_setup(training):
            network = build_network(model, self._data, *train.pixel_statistics())
            logs = str(folder / "logs")
            fitter = Fitter(network, model, training, train, eval_split, checkpoint, logs)
            history = fitter.fit()
        (folder / HISTORY_FILE).write_text(json.dumps(history, indent=2))
        value = evaluate(network.classifier, eval_split, training.batch_size)
        checkpoint.remove()
        keras.backend.clear_session()
        return {OBJECTIVE: value}

    def _position(self, trial: Any) -> str:
        """Says which trial it is, and what the best one reached."""
        scores = [t.score for t in self.oracle.trials.values() if t.score is not None]
        best = f", best {max(scores):.3f}" if scores else ""
        return f"trial {int(trial.trial_id) + 1} of {self.oracle.max_trials}{best}"


def evaluate(classifier: keras.Model, split: TransformedSplit, batch_size: int) -> float:
    """Returns the mean recall of the classes in a split."""
    tops = [
        np.asarray(classifier(pixels, training=False)).argmax(-1)
        for pixels, _ in split.batches(batch_size)
    ]
    right = np.concatenate(tops) == split.labels
    return float(
        np.mean([right[split.labels == label].mean() for label in np.unique(split.labels)])
    )
