"""The command line. Each command imports what it needs, so that `--help` answers at once."""

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from components.storage.object_storage import clean_exit
from kubeflow.cli.main import app as kubeflow_app
from pipeline.cli.app import app as web_app
from pipeline.cli.bulk_score import bulk_score
from pipeline.cli.compare import compare
from pipeline.cli.dashboard import dashboard
from pipeline.cli.lineage import approve, lineage, reject
from pipeline.cli.promotion import canary, promote, promotions, rollback
from pipeline.cli.report import report
from pipeline.cli.score import score
from pipeline.cli.serving import predict, serve
from pipeline.cli.serving_config import serving_config
from pipeline.cli.tensorboard import tensorboard
from pipeline.cli.tune import tune

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe

NOT_BLESSED, DECLINED, UNAPPROVED, FAILED, STOPPED = 3, 4, 5, 1, 130

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
    data: Annotated[
        str,
        typer.Option(
            "--data", help="Folder with one folder per class; it may lie at gs:// or s3://."
        ),
    ],
    home: HomeOption = None,
    overrides: SetOption = None,
    root: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Folder, gs:// or s3:// for artifacts and models [the home]."),
    ] = None,
    models: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Folder, gs:// or s3:// to push models to [<root>/models]."),
    ] = None,
    beam_args: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--beam-arg", help="For the nodes on Beam: --beam-arg=--runner=FlinkRunner. Repeatable."
        ),
    ] = None,
    if_new: Annotated[
        bool,
        typer.Option("--if-new", help="Decline with exit code 4 unless there is enough new data."),
    ] = False,
) -> None:
    """Train, evaluate, gate and push.

    Exit code 0: pushed, 3: not blessed or refused, 5: waits for approval, 1: error.
    """
    from rich.console import Console

    from pipeline.home import Home
    from pipeline.recipes.loader import load_recipe
    from pipeline.runs.local import RunOptions, run_recipe

    values = load_recipe(recipe, overrides)
    if if_new:
        _decline_unless_new(values, data, home, root)
    options = RunOptions(tuple(overrides or ()), root, models, tuple(beam_args or ()))
    try:
        record = run_recipe(values, data, Home.at(home), Console(), options)
    except KeyboardInterrupt:  # here, because typer would swallow it
        print(
            "\nStopped. The same command goes on from here: finished nodes are kept, and training "
            "resumes after its last finished epoch.",
            file=sys.stderr,
        )
        raise typer.Exit(STOPPED) from None
    if not record.blessed or record.refused:
        raise typer.Exit(NOT_BLESSED)
    if record.approval == "waiting":
        raise typer.Exit(UNAPPROVED)


def _decline_unless_new(recipe: "Recipe", data: str, home: str | None, root: str | None) -> None:
    from pipeline.home import Home
    from pipeline.retraining.decide import decide_here

    decision = decide_here(recipe, data, Home.at(home), root)
    typer.echo(decision.sentence)
    if not decision.train:
        raise typer.Exit(DECLINED)


@app.command()
def recipes() -> None:
    """List the recipes."""
    from rich.console import Console

    from pipeline.cli.listings import recipe_table

    Console().print(recipe_table())


@app.command()
def show(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Print a recipe with all its values, defaults included."""
    from pipeline.cli.listings import resolved_yaml

    typer.echo(resolved_yaml(recipe, overrides))


@app.command()
def runs(home: HomeOption = None) -> None:
    """List past runs: data, gate values, blessed or not, pushed version."""
    from rich.console import Console

    from pipeline.cli.listings import run_text
    from pipeline.home import Home

    Console().print(run_text(Home.at(home)), soft_wrap=True)


app.command()(approve)
app.command()(reject)
app.command()(lineage)
app.command()(promote)
app.command()(canary)
app.command()(rollback)
app.command()(promotions)
app.command("serving-config")(serving_config)
app.command()(serve)
app.command()(predict)
app.command()(web_app)
app.command()(score)
app.command("bulk-score")(bulk_score)
app.command()(compare)
app.command()(tune)
app.command()(tensorboard)
app.command()(report)
app.command()(dashboard)
app.add_typer(kubeflow_app, name="kubeflow")


@app.command("sample-data")
def sample_data(
    out: Annotated[Path, typer.Argument(help="Folder to write to.")],
    patients: Annotated[int, typer.Option(help="Patients of each class.", min=5)] = 90,
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
    from pipeline.cli.listings import version_text

    typer.echo(version_text())


@clean_exit()
def main() -> None:
    """Entry point: errors that a user can mend become one message, never a traceback."""
    # What the C++ of TensorFlow and gRPC and Google's libraries tell says nothing to a user.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    from components.runtime.errors import MedtfxError

    try:
        app(prog_name="medtfx")
    except MedtfxError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"Error: {error.strerror or error}{where}", file=sys.stderr)
        sys.exit(FAILED)
