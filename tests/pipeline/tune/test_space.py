import pytest

from components.runtime.errors import RecipeError
from pipeline.recipes.loader import load_recipe
from pipeline.tune.space import parse_options, with_space


def test_options_of_the_space():
    given = ["model.dropout=0.1,0.3", " training.learning_rate = 1e-4..1e-2:log"]
    assert parse_options(given) == {
        "model.dropout": "0.1,0.3",
        "training.learning_rate": "1e-4..1e-2:log",
    }


@pytest.mark.parametrize("option", ["model.dropout", "=0.1,0.3", "model.dropout="])
def test_an_option_of_another_form_is_refused(option):
    with pytest.raises(RecipeError, match=r"--space takes section\.key=values"):
        parse_options([option])


def test_without_options_the_space_is_the_recipe_s_own():
    recipe = load_recipe("quickstart")
    assert with_space(recipe, []).tuning == recipe.tuning
    assert with_space(recipe, ["model.dropout=0.1,0.2"]).tuning.space == {
        "model.dropout": "0.1,0.2"
    }


@pytest.mark.parametrize(
    "option", ["model.dropuot=0.1,0.2", "model.dropout=0.1,7", "data.color=a,b"]
)
def test_what_the_recipe_does_not_allow_is_refused(option):
    with pytest.raises(RecipeError):
        with_space(load_recipe("quickstart"), [option])
