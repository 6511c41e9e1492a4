"""The recipes of a comparison, made to see the same images in the same folds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.image_example_gen.listing.listing import Listing, list_folders
from components.recipe.data import Fold
from components.recipe.recipe import Recipe
from pipeline.compare.errors import CompareError
from pipeline.recipes.loader import load_recipe

# Taken from the first recipe for all: who is in which split, and what is refused.
_OF_THE_FIRST = (
    "split",
    "split_seed",
    "fold",
    "max_pixels",
    "max_quarantine_share",
    "min_per_class",
    "min_per_split",
)


@dataclass(frozen=True)
class Candidate:
    """A recipe that takes part.

    Attributes:
        name: unique among the candidates.
        recipe: with the first one's splits.
    """

    name: str
    recipe: Recipe

    def in_fold(self, fold: Fold | None) -> Recipe:
        """Returns the recipe for one round; None stands for its own splits."""
        if fold is None:
            return self.recipe
        data = self.recipe.data.model_copy(update={"fold": fold})
        return self.recipe.model_copy(update={"data": data})


def load_candidates(
    arguments: Sequence[str], overrides: Sequence[str] | None = None
) -> list[Candidate]:
    """Reads the recipes and gives them the splits of the first one.

    Args:
        arguments: names of recipes, or paths of YAML files.
        overrides: of every recipe, as for `load_recipe`.

    Raises:
        RecipeError: a recipe is not valid.
        CompareError: there are fewer than two, one is named twice, or their classes differ.
    """
    if len(arguments) < 2:
        raise CompareError("A comparison needs two or more recipes: name another one.")
    recipes = [load_recipe(argument, list(overrides or ())) for argument in arguments]
    names = _names(arguments, recipes)
    first = recipes[0].data
    for name, recipe in zip(names, recipes, strict=True):
        if set(recipe.data.classes) != set(first.classes):
            raise CompareError(
                f"Only recipes with the same classes can be compared. {names[0]}: "
                f"{list(first.classes)}; {name}: {list(recipe.data.classes)}."
            )
    shared = {key: getattr(first, key) for key in _OF_THE_FIRST}
    return [
        Candidate(name, recipe.model_copy(update={"data": recipe.data.model_copy(update=shared)}))
        for name, recipe in zip(names, recipes, strict=True)
    ]


def _names(arguments: Sequence[str], recipes: Sequence[Recipe]) -> list[str]:
    """Returns the recipes' names; if two are equal, those of their files, or else their paths."""
    stems = [Path(argument).stem for argument in arguments]
    for names in ([recipe.name for recipe in recipes], stems, list(arguments)):
        if len(set(names)) == len(names):
            return names
    twice = Counter(arguments).most_common(1)[0][0]
    raise CompareError(f"{twice!r} is named twice: name each recipe once.")


def check_same_images(candidates: Sequence[Candidate], base: str, rounds: int) -> Listing:
    """Checks, before any long work, that all candidates see the same images and patients.

    Args:
        candidates: of `load_candidates`.
        base: the data folder.
        rounds: number of folds; 0 for the recipes' own splits.

    Returns:
        What the first candidate sees.

    Raises:
        DataError: the folder does not fit the recipe, or a class has too few patients for the
            folds.
        CompareError: two candidates see different images.
    """
    first, *others = candidates
    listing = list_folders(base, first.in_fold(fold_of(rounds, 1)).data)
    for number in range(2, rounds + 1):
        list_folders(base, first.in_fold(fold_of(rounds, number)).data)
    seen = _seen(listing)
    for other in others:
        if other.recipe.data.as_read() == first.recipe.data.as_read():
            continue
        differing = seen ^ _seen(list_folders(base, other.in_fold(fold_of(rounds, 1)).data))
        if differing:
            raise CompareError(
                f"{first.name} and {other.name} do not see the same images: {len(differing)} "
                f"differ in being used, in class or in patient, e.g. {min(differing)[0]!r}. Give "
                "both the same data.merge, data.ignore, data.patient and data.cap_per_class."
            )
    return listing


def fold_of(rounds: int, number: int) -> Fold | None:
    """Returns the fold of a round, counted from 1; None where the recipe's own splits are used."""
    return Fold(of=rounds, number=number) if rounds else None


def _seen(listing: Listing) -> set[tuple[str, str, str]]:
    return {(entry.relative, entry.label, entry.patient) for entry in listing.entries}
