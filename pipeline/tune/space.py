"""The search space as a command line gives it."""

from collections.abc import Sequence

from components.recipe.recipe import Recipe
from components.recipe.tuning import TuningSection
from components.runtime.errors import RecipeError
from components.tuner.space import parse_space


def with_space(recipe: Recipe, options: Sequence[str]) -> Recipe:
    """Returns the recipe with the space of the options, or with its own without any; checked.

    Args:
        recipe: the recipe.
        options: `section.key=values` each.

    Raises:
        RecipeError: an option is of another form, or the recipe allows no such key or value.
    """
    texts = parse_options(options) or recipe.tuning.space
    parse_space(texts, recipe.model, recipe.training)
    return recipe.model_copy(update={"tuning": TuningSection(space=texts)})


def parse_options(options: Sequence[str]) -> dict[str, str]:
    """Reads `--space`.

    Returns:
        `section.key` → values; {} without options.

    Raises:
        RecipeError: one is not of the form `section.key=values`.
    """
    found = {}
    for option in options:
        key, separator, text = option.partition("=")
        if not separator or not key.strip() or not text.strip():
            raise RecipeError(
                "--space takes section.key=values, as training.learning_rate=1e-4..1e-2:log or "
                f"model.dropout=0.1,0.3,0.5. Received: {option!r}"
            )
        found[key.strip()] = text.strip()
    return found
