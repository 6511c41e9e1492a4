"""How a command line names a recipe and changes its values."""

from typing import Annotated

import typer

RecipeArgument = Annotated[
    str, typer.Argument(help="A name of `medtfx recipes`, or a path of a .yaml file.")
]
SpaceOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUES",
        help="Values to try, e.g. training.learning_rate=1e-4..1e-2:log or model.dropout=0.1,0.3. "
        "Repeatable. Default: tuning.space of the recipe.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a value of the recipe, e.g. training.epochs=3. Repeatable.",
    ),
]
