"""The trials of a search: what they are called, what they reached, and whom that is shown to."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.image_example_gen.listing.listing import Listing
from components.recipe.recipe import Recipe
from pipeline.retraining.training_data import model_digest

_SHOWN = 5


@dataclass(frozen=True)
class Trial:
    """A finished trial.

    Attributes:
        number: counted from 1.
        score: balanced accuracy on the eval split.
        values: `section.key` → value.
    """

    number: int
    score: float
    values: dict[str, Any]


def trial_digest(recipe: Recipe, listing: Listing, space: Mapping[str, str], number: int) -> str:
    """Returns the digest of a trial's model, known before its values are: the search is seeded."""
    return model_digest(recipe, listing, f"trial {number} of {json.dumps(space, sort_keys=True)}")


def read_trials(folder: str) -> list[Trial]:
    """Returns the trials in an artifact `tuner_results`, best first."""
    from tfx.dsl.io import fileio

    from components.tuner.result import ALL_FILE

    with fileio.open(os.path.join(folder, ALL_FILE), "r") as file:
        rows = json.loads(file.read())
    return [Trial(int(row.pop("trial_id")), row.pop("score"), row) for row in rows]


def trial_lines(trials: Sequence[Trial]) -> list[str]:
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
