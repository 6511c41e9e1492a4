"""The search: KerasTuner chooses the values, the trainer's own `Fitter` trains each trial."""

import json
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
from keras_tuner.oracles import BayesianOptimizationOracle
from sklearn.metrics import balanced_accuracy_score

from components.network.network import build_network
from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.runtime import progress
from components.training.checkpoint import Checkpoint
from components.training.compute import compute_setup
from components.training.dataset import TransformedSplit
from components.training.fit import Fitter
from components.training.phases import head_alone
from components.tuner.space import Range, Space, value_of, with_values

OBJECTIVE = "balanced_accuracy"
HISTORY_FILE = "history.json"


class Oracle(BayesianOptimizationOracle):
    """Bayesian optimisation whose first trial has the values of the recipe."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Returns the values of the next trial."""
        if not self.trials:
            defaults = {hp.name: hp.default for hp in self.hyperparameters.space}
            return {"status": "RUNNING", "values": defaults}
        return dict(super().populate_space(trial_id))


def build_oracle(
    space: Space, model: ModelSection, training: TrainingSection, trials: int
) -> Oracle:
    """Builds the oracle, which chooses the values of each trial.

    Args:
        space: values to choose from.
        model: the recipe's section, with the values of the first trial.
        training: the recipe's section, likewise, and with the seed.
        trials: number of trials, including those of an interrupted search.
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
    """Runs the trials, except those that are finished in `folder`.

    Args:
        oracle: chooses the values, see `build_oracle`.
        data: the recipe's section.
        model: the recipe's section.
        training: the recipe's section.
        folder: local folder for the trials, finished or not.
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
        """Trains with the values of a trial.

        Args:
            trial: KerasTuner's trial.
            train: the train split.
            eval_split: the eval split.

        Returns:
            `balanced_accuracy` of the best epoch on the eval split.
        """
        model, training = with_values(self._model, self._training, trial.hyperparameters.values)
        folder = Path(self.get_trial_dir(trial.trial_id))
        checkpoint = Checkpoint(folder / "checkpoint", training.early_stopping.monitor)
        keras.utils.set_random_seed(training.seed)
        with progress.within(self._position(trial)), compute_setup(training):
            statistics, frozen = train.pixel_statistics(), head_alone(model, training)
            network = build_network(model, self._data, *statistics, frozen=frozen)
            logs = str(folder / "logs")
            fitter = Fitter(network, model, training, train, eval_split, checkpoint, logs)
            history = fitter.fit()
        (folder / HISTORY_FILE).write_text(json.dumps(history, indent=2))
        value = evaluate(network.classifier, eval_split, training.batch_size)
        checkpoint.remove()
        keras.backend.clear_session()
        return {OBJECTIVE: value}

    def _position(self, trial: Any) -> str:
        """Returns the number of the trial and the best result so far, in words."""
        scores = [t.score for t in self.oracle.trials.values() if t.score is not None]
        best = f", best {max(scores):.3f}" if scores else ""
        return f"trial {int(trial.trial_id) + 1} of {self.oracle.max_trials}{best}"


def evaluate(classifier: keras.Model, split: TransformedSplit, batch_size: int) -> float:
    """Returns the balanced accuracy on a split: the mean recall of its classes."""
    predicted = [
        np.asarray(classifier(pixels, training=False)).argmax(-1)
        for pixels, _ in split.batches(batch_size)
    ]
    return float(balanced_accuracy_score(split.labels, np.concatenate(predicted)))
