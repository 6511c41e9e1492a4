"""The command `evaluate`: a pushed or served model on the labelled images of another place."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.score import ModelTarget, score_images
from pipeline.cli.stoppable import stoppable
from pipeline.recipes.options import RecipeArgument, SetOption

FOLDER = "external"


@stoppable("The same command continues: the images that have a prediction are kept.")
def evaluate(
    recipe: RecipeArgument,
    data: Annotated[Path, typer.Option(help="Folder with one folder of images per class.")],
    overrides: SetOption = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results. Default: one in the home.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 4,
    batch_size: Annotated[int, typer.Option(min=1, help="Images in a request.")] = 16,
    target: ModelTarget,
) -> None:
    """Evaluate a model on images of another place.

    The recipe says which folders are which class, who is the patient, and which floors decide. The
    model is asked through its server, as it will be used. The same command continues where it was
    stopped.

    Exit code 0: every floor is met, 3: not, 1: error, 130: stopped.
    """
    from rich.console import Console

    from components.image_example_gen.listing import list_labelled
    from pipeline.external.evaluation import ExternalError, evaluate_rows
    from pipeline.external.report import CSV, JSON, PAGE, print_result, write_files
    from pipeline.recipes.loader import load_recipe
    from pipeline.runs.records import load_all
    from serving.score.listing import list_images
    from serving.score.table import ScoreTable

    values = load_recipe(recipe, overrides)
    target = replace(target, model=target.model or values.model_name)
    entries = list_labelled(str(data), values.data)
    place = hashlib.blake2b(str(data.resolve()).encode(), digest_size=4).hexdigest()
    folder = out or target.home.root / FOLDER / f"{values.model_name}-{place}"
    folder.mkdir(parents=True, exist_ok=True)
    origin = score_images(
        list_images(data), folder / CSV, target, batch_size, workers, restart=False
    ).origin
    if set(origin.classes) != set(values.data.classes):
        raise ExternalError(
            f"{origin.model}/{origin.version} predicts {list(origin.classes)}, and the recipe "
            f"{values.name} has the classes {list(values.data.classes)}. Name the model's recipe."
        )
    with ScoreTable(folder / CSV, origin, restart=False) as table:
        found = evaluate_rows(entries, table.rows(), origin, values.evaluation, str(data))
    home = {
        gate.label: gate
        for record in load_all(target.home)
        if (record.model, record.version) == (origin.model, origin.version)
        for gate in record.gates
    }
    write_files(folder, found, values.evaluation, home)
    console = Console()
    print_result(console, found, values.evaluation, home)
    for name in (PAGE, JSON, CSV):
        console.print(f"  {folder / name}", highlight=False, markup=False, soft_wrap=True)
    if found.refusals:
        raise typer.Exit(ExitCode.NOT_BLESSED)
