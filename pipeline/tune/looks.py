"""Looks of a search: where folds judge by all images, each trial is a look at them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from components.image_example_gen.listing.listing import Listing
from components.recipe.recipe import Recipe
from pipeline.looks.ledger import LookLedger, all_images
from pipeline.tune.trials import trial_digest

if TYPE_CHECKING:
    from components.tuner.result import TrialResult


def check_looks(
    ledger: LookLedger, recipe: Recipe, listing: Listing, space: Mapping[str, str], trials: int
) -> None:
    """Refuses a search that would have too many models judged by the same images.

    Args:
        ledger: of the root.
        recipe: for `evaluation`.
        listing: of the data folder.
        space: of the search.
        trials: how many.

    Raises:
        WornTestSplitError: `evaluation.max_looks` would be exceeded.
    """
    if recipe.evaluation.folds:
        models = [trial_digest(recipe, listing, space, n + 1) for n in range(trials)]
        ledger.check(all_images(listing), models, recipe.evaluation.max_looks)


def add_looks(
    ledger: LookLedger,
    recipe: Recipe,
    listing: Listing,
    space: Mapping[str, str],
    trials: "Iterable[TrialResult]",
    run: str,
) -> None:
    """Records the trials; one that has been recorded is no other look.

    Args:
        ledger: of the root.
        recipe: of the search.
        listing: of the data folder.
        space: of the search.
        trials: that have ended.
        run: its id.
    """
    for trial in sorted(trials, key=lambda one: one.number):
        model = trial_digest(recipe, listing, space, trial.number)
        ledger.add(all_images(listing), model, recipe=recipe.name, by="tune", run=run)
