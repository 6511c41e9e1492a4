"""How a command line names a recipe and changes its values."""

from typing import Annotated

import typer

RecipeArgument = Annotated[
    str, typer.Argument(help="A name of `medtfx recipes`, or a path of a .yaml file.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a value of the recipe, e.g. training.epochs=3. Repeatable.",
    ),
]
