"""The commands that train: `run` one recipe, `compare` several, `tune` the values of one."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.options import BeamArgsOption, DataOption, HomeOption
from pipeline.cli.stoppable import stoppable
from pipeline.recipes.options import RecipeArgument, SetOption, SpaceOption

_SAME_COMMAND = "The same command continues from here:"


@stoppable(
    f"{_SAME_COMMAND} finished nodes are kept, and training resumes after its last finished epoch."
)
def run(
    recipe: RecipeArgument,
    data: DataOption,
    overrides: SetOption = None,
    root: Annotated[
        str | None,
        typer.Option(
            help="Where artifacts and models go: a path, gs:// or s3://. Default: the home."
        ),
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(
            help="Where models are pushed to: a path, gs:// or s3://. Default: <root>/models."
        ),
    ] = None,
    beam_args: BeamArgsOption = None,
    if_new: Annotated[
        bool, typer.Option("--if-new", help="Train only if there is enough new data.")
    ] = False,
    *,
    home: HomeOption,
) -> None:
    """Train, evaluate, check the gate, and push the model.

    Exit code 0: pushed, 3: not blessed, or refused when served, 4: not enough new data (--if-new),
    5: waits for approval, 1: error, 130: stopped.
    """
    from rich.console import Console

    from pipeline.recipes.loader import load_recipe, own_file
    from pipeline.runs.local import RunOptions, run_recipe

    values = load_recipe(recipe, overrides)
    options = RunOptions(
        tuple(overrides or ()),
        root,
        models,
        tuple(beam_args or ()),
        if_new,
        recipe_file=own_file(recipe),
    )
    record = run_recipe(values, data, home, Console(), options)
    raise typer.Exit(ExitCode.DECLINED if record is None else record.exit_code)


@stoppable(f"{_SAME_COMMAND} finished trainings are kept.")
def compare(
    recipes: Annotated[
        list[str],
        typer.Argument(help="Two or more: names of `medtfx recipes`, or paths of .yaml files."),
    ],
    data: DataOption,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=20,
            help="Folds of a cross-validation by patient. Default: none, the splits of the first "
            "recipe.",
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            help="Metric that ranks the recipes: balanced_accuracy, accuracy, macro_f1, min_recall "
            "or recall:CLASS."
        ),
    ] = "balanced_accuracy",
    against_first: Annotated[
        bool,
        typer.Option(
            "--against-first", help="Compare each with the first recipe instead of the best."
        ),
    ] = False,
    overrides: SetOption = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results. Default: <home>/comparisons/<time>."),
    ] = None,
    *,
    home: HomeOption,
) -> None:
    """Compare recipes on the same patients.

    Recall with intervals, size and speed; nothing is pushed. Writes a page, a CSV file, a JSON file
    and every prediction.

    Exit code 1: an error, or a recipe could not be trained, 130: stopped.
    """
    from rich.console import Console

    from pipeline.compare.run import CompareOptions
    from pipeline.compare.run import compare as compare_recipes

    against = "first" if against_first else "best"
    options = CompareOptions(folds or 0, by, against, tuple(overrides or ()), out)
    if not compare_recipes(recipes, data, home, Console(), options):
        raise typer.Exit(ExitCode.FAILED)


@stoppable(
    f"{_SAME_COMMAND} finished trials are kept, and the current one resumes after its last "
    "finished epoch."
)
def tune(
    recipe: RecipeArgument,
    data: DataOption,
    trials: Annotated[int, typer.Option(min=1, help="How many sets of values to try.")] = 20,
    space: SpaceOption = None,
    out: Annotated[Path, typer.Option(help="The recipe file to write.")] = Path("tuned.yaml"),
    overrides: SetOption = None,
    *,
    home: HomeOption,
) -> None:
    """Search for better values of a recipe, and write a new one.

    It uses the train and eval splits, not the test split. The same command continues a search that
    was stopped; with more --trials it extends a finished one.
    """
    from rich.console import Console

    from pipeline.tune.run import tune as search

    search(
        argument=recipe,
        overrides=overrides or [],
        data_folder=data,
        space=space or [],
        trials=trials,
        out=out,
        home=home,
        console=Console(),
        command=shlex.join(["medtfx", *sys.argv[1:]]),
    )
