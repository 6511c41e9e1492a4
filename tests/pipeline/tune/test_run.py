"""What is checked before a search; tests/end_to_end/test_tune.py searches."""

import io

import pytest
from rich.console import Console

from components.image_example_gen.listing.listing import list_folders
from components.runtime.errors import RecipeError
from pipeline.home import Home
from pipeline.looks.ledger import WornTestSplitError
from pipeline.recipes.loader import load_recipe
from pipeline.retraining.training_data import model_digest
from pipeline.tune.run import tune
from pipeline.tune.trials import touched, trial_digest


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        ("tuned.txt", r"name of a \.yaml file"),
        ("nowhere/tuned.yaml", r"no folder .*nowhere'\. Create it"),
    ],
)
def test_a_file_that_can_not_be_written_is_refused_before_the_search(films, tmp_path, out, reason):
    home, console = Home(tmp_path / "home"), Console(file=io.StringIO())
    sets = ["data.min_per_split=1"]
    with pytest.raises(RecipeError, match=reason):
        tune("quickstart", sets, str(films), [], 1, tmp_path / out, home, console, "medtfx tune")
    assert not home.root.exists()


def test_a_search_is_refused_where_folds_have_been_looked_at_too_often(films, tmp_path):
    home = Home(tmp_path / "home")
    sets = ["data.min_per_split=1", "evaluation.folds=3", "evaluation.max_looks=4"]
    console = Console(file=io.StringIO())
    with pytest.raises(WornTestSplitError, match=r"by these 78 images, 5 more .*max_looks is 4"):
        tune("quickstart", sets, str(films), [], 5, tmp_path / "tuned.yaml", home, console, "tune")


def test_the_model_of_a_trial_is_known_by_its_number_and_its_search(films):
    recipe = load_recipe("quickstart", ["data.min_per_split=1"])
    listing = list_folders(str(films), recipe.data)
    one, other = {"model.dropout": "0.1,0.3"}, {"model.dropout": "0.1,0.5"}
    digests = [
        trial_digest(recipe, listing, *given)
        for given in [(one, 1), (one, 2), (other, 1), (dict(one), 1)]
    ]
    assert digests[0] == digests[3] and len(set(digests)) == 3
    assert model_digest(recipe, listing) not in digests


def test_it_says_whether_the_images_that_decide_were_touched():
    assert touched(load_recipe("quickstart")) == "The test split was not used."
    assert "counts as a look" in touched(load_recipe("quickstart", ["evaluation.folds=3"]))
