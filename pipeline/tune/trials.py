"""The trials of a search: what they are called, what they reached, and whom that is shown to."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from components.image_example_gen.listing.listing import Listing
from components.recipe.recipe import Recipe
from pipeline.retraining.training_data import model_digest

if TYPE_CHECKING:
    from components.tuner.result import TrialResult

_SHOWN = 5


def trial_digest(recipe: Recipe, listing: Listing, space: Mapping[str, str], number: int) -> str:
    """Returns the digest of a trial's model, known before its values are: the search is seeded."""
    return model_digest(recipe, listing, f"trial {number} of {json.dumps(space, sort_keys=True)}")


def read_trials(folder: str) -> "list[TrialResult]":
    """Returns the trials in an artifact `tuner_results`, best first."""
    from tfx.dsl.io import fileio

    from components.tuner.result import ALL_FILE, TrialResult

    with fileio.open(os.path.join(folder, ALL_FILE), "r") as file:
        rows = json.loads(file.read())
    return [TrialResult(int(row.pop("trial_id")), row.pop("score"), row) for row in rows]


def trial_lines(trials: "Sequence[TrialResult]") -> list[str]:
    """Returns a line for each of the best trials."""
    lines = []
    for trial in trials[:_SHOWN]:
        values = ", ".join(f"{key} = {short(value)}" for key, value in trial.values.items())
        lines.append(f"  trial {trial.number:<3} {trial.score:.3f}  {values}")
    return lines


def touched(recipe: Recipe) -> str:
    """Returns a sentence: whether the search saw images that decide."""
    if recipe.evaluation.folds:
        return (
            "The eval split is among the images that the folds judge by: each trial counts as a "
            "look at them."
        )
    return "The test split was not used."


def short(value: object) -> str:
    """Returns a value with few digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
