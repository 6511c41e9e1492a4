"""The command line. Each command imports what it needs, so that `--help` answers at once."""

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from kubeflow.commands import app as kubeflow_app
from pipeline.app_command import app as web_app
from pipeline.bulk_score_command import bulk_score
from pipeline.compare_command import compare
from pipeline.dashboard_command import dashboard
from pipeline.lineage_commands import approve, lineage, reject
from pipeline.promotion_commands import canary, promote, promotions, rollback
from pipeline.report_command import report
from pipeline.score_command import score
from pipeline.serving_commands import predict, serve
from pipeline.serving_config_command import serving_config
from pipeline.storage import clean_exit
from pipeline.tensorboard_command import tensorboard
from pipeline.tune_command import tune

if TYPE_CHECKING:
    from pipeline.recipe import Recipe

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
    from pipeline.local import RunOptions, run_recipe
    from pipeline.recipe import load_recipe

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
    from pipeline.retraining import decide_here

    decision = decide_here(recipe, data, Home.at(home), root)
    typer.echo(decision.sentence)
    if not decision.train:
        raise typer.Exit(DECLINED)


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


@clean_exit()
def main() -> None:
    """Entry point: errors that a user can mend become one message, never a traceback."""
    # What the C++ of TensorFlow and gRPC and Google's libraries tell says nothing to a user.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
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
