"""The commands `recipes`, `show` and `sample-data`: what there is to try."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.recipes.options import RecipeArgument, SetOption

if TYPE_CHECKING:
    from rich.table import Table


def recipes() -> None:
    """List the recipes."""
    from rich.console import Console

    Console().print(recipe_table())


def show(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Print a recipe with all its values, defaults included."""
    typer.echo(resolved_yaml(recipe, overrides))


def sample_data(
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    patients: Annotated[int, typer.Option(help="Patients per class.", min=5)] = 90,
    seed: Annotated[int, typer.Option(help="Seed of the random numbers.")] = 7,
) -> None:
    """Draw artificial radiographs to try the pipeline on.

    The same seed draws the same images.
    """
    from pipeline.sample_data import write_sample_data

    sample = write_sample_data(out, patients_per_class=patients, seed=seed)
    typer.echo(
        f"{out}: {sum(sample.images.values())} images of {sample.patients} patients and "
        f"{sample.broken} broken files {'drawn' if sample.written else 'are already there'}."
    )


def recipe_table() -> "Table":
    """Returns the recipes that come with the product."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Column, Table

    from pipeline.recipes.loader import load_recipe, recipe_names

    table = Table(Column("recipe", no_wrap=True), "what it is", box=SIMPLE_HEAD)
    for name in recipe_names():
        recipe = load_recipe(name)
        network = f"{len(recipe.data.classes)} classes, {recipe.model.title}"
        table.add_row(name, f"{recipe.summary}\n[dim]{network}[/dim]")
    return table


def resolved_yaml(name: str, overrides: list[str] | None) -> str:
    """Returns a recipe with its defaults filled in, below its own leading comment."""
    from itertools import takewhile

    import yaml

    from pipeline.recipes.loader import load_recipe, recipe_path

    recipe = load_recipe(name, overrides)
    lines = recipe_path(name).read_text(encoding="utf-8").splitlines()
    comment = takewhile(lambda line: line.startswith("#"), lines)
    text = yaml.safe_dump(recipe.plain(), sort_keys=False, allow_unicode=True, width=100)
    return "\n".join([*comment, text.rstrip()])
