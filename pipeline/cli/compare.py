"""The command `compare`: several recipes on the same patients."""

from pathlib import Path
from typing import Annotated, Optional

import typer

STOPPED = 130


def compare(
    recipes: Annotated[
        list[str], typer.Argument(help="Two or more: names of `medtfx recipes`, or .yaml files.")
    ],
    data: Annotated[str, typer.Option("--data", help="Folder with one folder per class.")],
    folds: Annotated[
        Optional[int],  # noqa: UP045  (typer reads it)
        typer.Option(min=2, max=20, help="Cross-validate by patient [the first recipe's splits]."),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            help="What the best is best in: balanced_accuracy, accuracy, macro_f1, min_recall or "
            "recall:CLASS."
        ),
    ] = "balanced_accuracy",
    first: Annotated[
        bool,
        typer.Option("--against-first", help="Compare with the first recipe, not with the best."),
    ] = False,
    overrides: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", help="Override a value of every recipe: section.key=value."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder for the results [<home>/comparisons/<time>]."),
    ] = None,
    home: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--home", help="Where artifacts and metadata go [$MEDTFX_HOME, medtfx-home]."),
    ] = None,
) -> None:
    """Compare recipes on the same patients: recall with intervals, size, speed. Nothing is pushed.

    Writes a page, a CSV, a JSON file and every prediction. Exit code 1: an error, or a recipe could
    not be trained.
    """
    from rich.console import Console

    from pipeline.compare.run import CompareOptions
    from pipeline.compare.run import compare as compare_recipes
    from pipeline.home import Home

    against = "first" if first else "best"
    options = CompareOptions(folds or 0, by, against, tuple(overrides or ()), out)
    try:
        complete = compare_recipes(recipes, data, Home.at(home), Console(), options)
    except KeyboardInterrupt:  # here, because typer would swallow it
        typer.echo(
            "\nStopped. The same command goes on from here: finished trainings are kept.", err=True
        )
        raise typer.Exit(STOPPED) from None
    if not complete:
        raise typer.Exit(1)
