"""Reads and validates recipes: YAML files with everything that a pipeline needs."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from components.recipe.recipe import Recipe
from components.runtime.errors import RecipeError
from pipeline.recipes.bounded_yaml import in_words, load_yaml
from pipeline.recipes.explain import explain

RECIPE_DIR = Path(__file__).parent
_SHOWN = 60  # characters of a wrong override


def recipe_names() -> list[str]:
    """Returns the names of the recipes that come with medtfx."""
    return sorted(path.stem for path in RECIPE_DIR.glob("*.yaml"))


def recipe_path(recipe: str) -> Path:
    """Finds a recipe by name, or by the path of a YAML file.

    Raises:
        RecipeError: there is none; the message lists the known names.
    """
    if recipe.endswith((".yaml", ".yml")) or "/" in recipe:
        path = Path(recipe)
        if not path.is_file():
            raise RecipeError(f"There is no recipe file {recipe!r}. Check the path.")
        return path
    path = RECIPE_DIR / f"{recipe}.yaml"
    if not path.is_file():
        close = get_close_matches(recipe, recipe_names(), n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise RecipeError(
            f"There is no recipe {recipe!r}.{hint} Recipes: {', '.join(recipe_names())}; "
            "a path to a .yaml file works too."
        )
    return path


def own_file(recipe: str) -> str:
    """Returns the absolute path of a recipe file; '' for a recipe that comes with medtfx.

    Raises:
        RecipeError: there is none.
    """
    path = recipe_path(recipe).resolve()
    return "" if path.parent == RECIPE_DIR.resolve() else str(path)


def load_recipe(recipe: str, overrides: list[str] | None = None) -> Recipe:
    """Reads and validates a recipe.

    With `extends: NAME` a file holds only its differences from another recipe.

    Args:
        recipe: a name of `recipe_names()` or the path of a YAML file.
        overrides: `section.key=value` each, with the value in YAML.

    Raises:
        RecipeError: names the file, the key, the received value and what is allowed.
    """
    path = recipe_path(recipe)
    values = _read(path)
    if (base := values.pop("extends", None)) is not None:
        values = _merged(_base(path, base), values)
    return parse_recipe(values, overrides, path.name)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = load_yaml(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RecipeError(
            f"{path.name} is not valid YAML: it must be UTF-8, and byte {error.start} is not."
        ) from None
    except yaml.YAMLError as error:
        raise RecipeError(f"{path.name} is not valid YAML: {in_words(error)}") from None
    if not isinstance(values, dict):
        raise RecipeError(
            f"{path.name} must hold keys with their values, such as `name: chest`. Received: "
            f"{str(values)[:_SHOWN] if values else 'an empty file'!r}"
        )
    return values


def _base(path: Path, name: Any) -> dict[str, Any]:
    """Reads the recipe that `path` extends: one that comes with medtfx, or a file beside it."""
    if not isinstance(name, str):
        raise RecipeError(f"{path.name}: extends takes the name of one recipe. Received: {name!r}")
    beside = path.parent / name
    values = _read(
        beside if name.endswith((".yaml", ".yml")) and beside.is_file() else recipe_path(name)
    )
    if "extends" in values:
        raise RecipeError(
            f"{path.name} extends {name}, which extends {values['extends']}: only one level is "
            "allowed, so that a recipe is in two files at most."
        )
    return values


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Applies changes to a base: sections are merged, other values replaced.

    In place of a section or list, null drops it; in place of a value it is one: `allowed_drop:
    null` is no limit, and not the default.
    """
    result = dict(base)
    for key, value in changes.items():
        if value is None and isinstance(result.get(key), dict | list):
            del result[key]
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _merged(result[key], value)
        else:
            result[key] = value
    return result


def parse_recipe(values: dict[str, Any], overrides: list[str] | None, source: str) -> Recipe:
    """Validates the values of a recipe.

    Args:
        values: as a YAML file holds them; the overrides are written into them.
        overrides: as for `load_recipe`.
        source: their name in an error.

    Raises:
        RecipeError: names the source, the key, the received value and what is allowed.
    """
    for override in overrides or []:
        apply_override(values, override)
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise RecipeError(explain(source, error)) from None


def apply_override(values: dict[str, Any], override: str) -> None:
    """Writes a value into those of a recipe.

    Args:
        values: as a YAML file holds them; changed in place.
        override: `section.key=value`, with the value in YAML.

    Raises:
        RecipeError: it has another form.
    """
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise RecipeError(
            f"--set takes section.key=value, e.g. training.epochs=3. Received: {override!r}"
        )
    try:
        value = load_yaml(text)
    except yaml.YAMLError as error:
        raise RecipeError(
            f"--set {key}: the value is not valid YAML: {in_words(error, where=False)}. Received: "
            f"{text[:_SHOWN]!r}"
        ) from None
    *parents, last = key.strip().split(".")
    node = values
    for parent in parents:
        child = node.setdefault(parent, {})
        if not isinstance(child, dict):
            raise RecipeError(f"--set {key}: {parent!r} is a value, not a section.")
        node = child
    node[last] = value
