"""What a comparison touches; whole comparisons are in `tests/end_to_end/test_compare.py`."""

import pytest

from components.image_example_gen.listing.listing import list_folders
from pipeline.compare.candidates import Candidate, check_same_images
from pipeline.compare.run import _tested
from pipeline.looks.ledger import judging_images
from pipeline.recipes.loader import load_recipe

SETS = ["data.min_per_split=1", "data.split_seed=158"]


@pytest.mark.parametrize("folds", [0, 3])
def test_it_touches_the_test_split_of_the_first_recipe_or_with_folds_all_images(films, folds):
    one = load_recipe("quickstart", SETS)
    other = load_recipe("quickstart", [*SETS, "training.epochs=3"])
    candidates = [Candidate("one", one), Candidate("other", other)]
    listing = list_folders(str(films), one.data)
    tested, models = _tested(candidates, str(films), folds, listing)
    assert tested == judging_images(listing, folds=bool(folds))
    assert set(models) == {"one", "other"} and len(set(models.values())) == 2


def test_models_of_folds_are_others_than_the_one_of_a_run(films):
    candidates = [Candidate("one", load_recipe("quickstart", SETS))]
    listing = list_folders(str(films), candidates[0].recipe.data)
    keys = [_tested(candidates, str(films), folds, listing)[1]["one"] for folds in (0, 3, 5)]
    assert len(set(keys)) == 3


def test_folds_need_no_test_split(films):
    """One that would have too few images of a class is looked at by nobody."""
    one = load_recipe("quickstart", [*SETS, "data.min_per_split=4"])
    listing = check_same_images([Candidate("one", one)], str(films), 3)
    tested, _ = _tested([Candidate("one", one)], str(films), 3, listing)
    assert tested.images == len(listing.entries) and tested.also == ""
