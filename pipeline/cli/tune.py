"""The command `tune`: better values for a recipe."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

STOPPED = 130


def tune(
    recipe: Annotated[str, typer.Argument(help="A name of `medtfx recipes`, or a .yaml file.")],
    data: Annotated[str, typer.Option("--data", help="Folder with one folder per class.")],
    trials: Annotated[int, typer.Option(min=1, help="How many values are tried.")] = 20,
    space: Annotated[
        Optional[list[str]],  # noqa: UP045  (typer reads it)
        typer.Option(
            "--space",
            help="What is tried [the recipe's tuning.space]: "
            "training.learning_rate=1e-4..1e-2:log, model.dropout=0.1,0.3. Repeatable.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The recipe to write.")] = Path("tuned.yaml"),
    overrides: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", help="Override a value of the recipe: section.key=value."),
    ] = None,
    home: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--home", help="Where artifacts and metadata go [$MEDTFX_HOME, medtfx-home]."),
    ] = None,
) -> None:
    """Search for better values on the train and eval splits, and write a new recipe.

    The test split is not looked at. The same command goes on where it was stopped, or with more
    trials where it ended.
    """
    from rich.console import Console

    from pipeline.home import Home
    from pipeline.tune.run import tune as search

    command = shlex.join(["medtfx", *sys.argv[1:]])
    try:
        search(
            recipe,
            overrides or [],
            data,
            space or [],
            trials,
            out,
            Home.at(home),
            Console(),
            command,
        )
    except KeyboardInterrupt:  # here, because typer would swallow it
        typer.echo(
            "\nStopped. The same command goes on from here: finished trials are kept, and the one "
            "under way resumes after its last finished epoch.",
            err=True,
        )
        raise typer.Exit(STOPPED) from None
