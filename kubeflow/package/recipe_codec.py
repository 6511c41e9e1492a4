"""A recipe as one argument of a container.

Kubernetes, Argo and KFP each read signs such as `$(`, `$$` and `{{` in an argument, and a recipe
may hold them in a pattern. Compressed and in base64 it passes all three, in two kilobytes.
"""

import base64
import gzip
import json

from components.recipe.recipe import Recipe
from components.runtime.errors import RecipeError
from pipeline.recipes.loader import parse_recipe

# Fixed in the compiled package: a run can't change them.
_FIXED = ("name", "platform", "tuning")


def encode_recipe(recipe: Recipe) -> str:
    """Returns the recipe in base64, without its section `platform`."""
    values = recipe.plain()
    del values["platform"]
    text = json.dumps(values, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def decode_recipe(text: str, overrides: list[str]) -> Recipe:
    """Returns the recipe with the overrides of a run.

    Args:
        text: from `encode_recipe`.
        overrides: `section.key=value` each.

    Raises:
        RecipeError: an override is not valid, or changes what the package has fixed.
    """
    values = json.loads(gzip.decompress(base64.b64decode(text)))
    for override in overrides:
        section = override.partition("=")[0].strip().partition(".")[0]
        if section in _FIXED:
            raise RecipeError(
                f"A run can't change {section!r}, which is part of the compiled package. Received: "
                f"{override!r}. Compile it again: medtfx kubeflow compile ... --set {override}"
            )
    return parse_recipe(values, overrides, f"recipe {values['name']}")
