"""The command line. Each command imports what it needs, so that `--help` answers at once."""

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Optional

import typer

from pipeline.serving_commands import predict, serve

NOT_BLESSED, FAILED, STOPPED = 3, 1, 130

app = typer.Typer(
    name="medtfx",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=(
        "From folders of medical images to a served classifier that had to pass a recall gate. "
        "Not a medical device: for research, not for diagnosis."
    ),
)

HomeOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it)
    typer.Option(
        "--home", help="Where artifacts, metadata and models go [$MEDTFX_HOME, medtfx-home]."
    ),
]
SetOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--set", help="Override a value of the recipe: section.key=value. Repeatable."),
]
RecipeArgument = Annotated[str, typer.Argument(help="A name of `medtfx recipes`, or a .yaml file.")]


@app.command()
def run(
    recipe: RecipeArgument,
    data: Annotated[str, typer.Option("--data", help="Folder with one folder per class.")],
    home: HomeOption = None,
    overrides: SetOption = None,
) -> None:
    """Train, evaluate, gate and push. Exit code 0: blessed, 3: not blessed, 1: error."""
    from rich.console import Console

    from pipeline.home import Home
    from pipeline.local import run_recipe
    from pipeline.recipe import load_recipe

    values = load_recipe(recipe, overrides)
    try:
        record = run_recipe(values, data, Home.at(home), Console(), overrides or [])
    except KeyboardInterrupt:  # here, because typer would swallow it
        print(
            "\nStopped. The same command goes on from here: finished nodes are kept, and training "
            "resumes after its last finished epoch.",
            file=sys.stderr,
        )
        raise typer.Exit(STOPPED) from None
    if not record.blessed:
        raise typer.Exit(NOT_BLESSED)


@app.command()
def recipes() -> None:
    """List the recipes."""
    from rich.console import Console

    from pipeline.listings import recipe_table

    Console().print(recipe_table())


@app.command()
def show(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Print a recipe with all its values, defaults included."""
    from pipeline.listings import resolved_yaml

    typer.echo(resolved_yaml(recipe, overrides))


@app.command()
def runs(home: HomeOption = None) -> None:
    """List past runs: data, gate values, blessed or not, pushed version."""
    from rich.console import Console

    from pipeline.home import Home
    from pipeline.listings import run_text

    Console().print(run_text(Home.at(home)), soft_wrap=True)


@app.command()
def rollback(
    model: Annotated[str, typer.Argument(help="Name of the pushed model.")],
    version: Annotated[Optional[int], typer.Argument(help="Default: the one before.")] = None,  # noqa: UP045
    home: HomeOption = None,
) -> None:
    """Serve an earlier version again. Newer ones are set aside, not deleted."""
    from pipeline.home import Home
    from serving.versions import list_versions, roll_back

    folder = Home.at(home).models / model
    before = list_versions(folder).current
    after = roll_back(folder, version)
    typer.echo(f"{model}: version {before} answered before, version {after.current} answers now.")
    typer.echo(f"Served: {list(after.served)}. Withdrawn: {list(after.withdrawn)}.")


app.command()(serve)
app.command()(predict)


@app.command("sample-data")
def sample_data(
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    patients: Annotated[int, typer.Option(help="Patients of each class.", min=5)] = 70,
    seed: Annotated[int, typer.Option(help="Another seed, other patients.")] = 7,
) -> None:
    """Draw phantom radiographs to try the pipeline on: the same ones every time."""
    from pipeline.sample_data import write_sample_data

    sample = write_sample_data(out, patients_per_class=patients, seed=seed)
    typer.echo(
        f"{out}: {sum(sample.images.values())} images of {sample.patients} patients and "
        f"{sample.broken} broken files {'drawn' if sample.written else 'are there already'}."
    )


@app.command()
def version() -> None:
    """Print the version, the stack and the platform."""
    from pipeline.listings import version_text

    typer.echo(version_text())


def main() -> None:
    """Entry point: errors that a user can mend become one message, never a traceback."""
    # What TensorFlow's C++ and Google's libraries tell at import says nothing to a user.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    from components.errors import MedtfxError

    try:
        app(prog_name="medtfx")
    except MedtfxError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"Error: {error.strerror or error}{where}", file=sys.stderr)
        sys.exit(FAILED)
