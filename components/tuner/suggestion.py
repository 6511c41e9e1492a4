"""The values of a trial, by KerasTuner's Bayesian optimisation (Snoek et al. 2012, NeurIPS)."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus
from keras_tuner.oracles import BayesianOptimizationOracle

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.tuner.result import TrialResult
from components.tuner.rounds import known_before, trials_by_chance
from components.tuner.space import Range, Space, value_of


class Oracle(BayesianOptimizationOracle):
    """KerasTuner's oracle without its state on a disk: the trials are told, not kept.

    The first trial has the values of the recipe, so that the best is never worse on the eval split.
    """

    def choose(self) -> dict[str, Any]:
        """Returns the values of the next trial, which is under way then; {} if none are left."""
        number = str(len(self.trials))
        if self.trials:
            values = self.populate_space(number)["values"]
        else:
            values = {hp.name: hp.default for hp in self.hyperparameters.space}
        if not values:
            return {}
        self.ongoing_trials[number] = self._add(number, values, TrialStatus.RUNNING)
        return dict(values)

    def tell(self, results: Iterable[TrialResult]) -> None:
        """Takes over trials that have ended."""
        for result in results:
            number = str(len(self.trials))
            self._add(number, result.values, TrialStatus.COMPLETED).score = result.score

    def _add(self, number: str, values: dict[str, Any], status: TrialStatus) -> Trial:
        hyperparameters = self.hyperparameters.copy()
        hyperparameters.values = dict(values)
        self.trials[number] = trial = Trial(hyperparameters, number, status)
        self._record_values(trial)  # no values come twice
        return trial


def suggest(
    space: Space,
    model: ModelSection,
    training: TrainingSection,
    number: int,
    earlier: Sequence[TrialResult],
) -> dict[str, Any]:
    """Returns the values of a trial, the same on every machine; {} where none are left.

    Args:
        space: values to choose from.
        model: the recipe's section, with the values of the first trial.
        training: the recipe's section, likewise, and with the seed.
        number: of the trial, from 1.
        earlier: the results that this trial waits for, of `known_before`.
    """
    by_chance, known = trials_by_chance(len(space)), known_before(number, len(space))
    if known and len(earlier) < by_chance:  # by chance no others were found
        return {}
    oracle = Oracle(
        objective=keras_tuner.Objective("balanced_accuracy", "max"),
        num_initial_points=by_chance,
        hyperparameters=hyperparameters(space, model, training),
        allow_new_entries=False,
        tune_new_entries=False,
        seed=training.seed,
    )
    oracle.tell(one for one in earlier if one.number <= known)
    for _ in range(known, number - 1):  # those of the same round, which have no results yet
        oracle.choose()
    return oracle.choose()


def hyperparameters(
    space: Space, model: ModelSection, training: TrainingSection
) -> keras_tuner.HyperParameters:
    """Returns the space as KerasTuner has it; the defaults are the recipe's values."""
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
    return parameters
