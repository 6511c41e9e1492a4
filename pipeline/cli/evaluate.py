"""The command `evaluate`: a pushed or served model on the labelled images of another place."""

import hashlib
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.score import ModelTarget, VersionOptions, origin_of, score_images
from pipeline.cli.stoppable import stoppable
from pipeline.recipes.options import SetOption

FOLDER = "external"


@stoppable("The same command continues: the images that have a prediction are kept.")
def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            help="Folder of a pushed version, HOST:PORT/NAME of a server, or a name in the folder "
            "of pushed models."
        ),
    ],
    data: Annotated[Path, typer.Option(help="Folder with one folder of images per class.")],
    metadata: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="A row for each image, for slices. Default: the recipe's file in the data folder.",
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A name of `medtfx recipes`, or a path of a .yaml file. Default: the recipe in "
            "the pushed version."
        ),
    ] = None,
    overrides: SetOption = None,
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results. Default: one in the home.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 4,
    batch_size: Annotated[int, typer.Option(min=1, help="Images in a request.")] = 16,
    restart: Annotated[
        bool, typer.Option("--restart/--resume", help="Score all images again, or only those left.")
    ] = False,
    options: VersionOptions,
) -> None:
    """Evaluate a model on images of another place.

    Classes, patients, floors and slices are those of the recipe. The model is asked through its
    server, as it will be used. The same command continues where it was stopped.

    Exit code 0: accepted here, every floor is met, 3: not accepted, 1: error, 130: stopped.
    """
    from rich.console import Console

    from pipeline.external.evaluation import evaluate as compare
    from pipeline.external.gallery import surest_mistakes
    from pipeline.external.images import labelled_images
    from pipeline.external.predicted import read_predictions
    from pipeline.external.quarantine import write_quarantine
    from pipeline.external.report import CSV, print_result, write_files
    from pipeline.external.rules import rules_of, with_metadata, with_own_images
    from pipeline.external.shortcut_baseline import measure_shortcuts
    from pipeline.runs.records import load_all
    from serving.score.table import ScoreTable

    # === What is asked, and of which images: all that can be wrong is known before any is sent ===
    target, version = _target(model, options)
    pushed = target.models / str(target.model) / str(version)
    rules = with_metadata(rules_of(pushed, recipe, overrides or []), data, metadata)
    runs = load_all(options.home)
    rules = with_own_images(rules, data, str(target.model), version, runs)
    images = labelled_images(data, rules.recipe)
    folder = out or options.home.root / FOLDER / f"{target.model}-{_digest(data)}"
    folder.mkdir(parents=True, exist_ok=True)

    # === Predictions ===
    summary = score_images(images.folder, folder / CSV, target, batch_size, workers, restart)
    with ScoreTable(folder / CSV, summary.origin) as table:
        found = read_predictions(images, table.rows(), summary.origin)
    not_used = write_quarantine(folder, found, rules.recipe.data.max_quarantine_share)

    # === Results ===
    pixels = options.max_megapixels * 10**6
    result = compare(found, summary.origin, rules, measure_shortcuts(found, pixels))
    write_files(folder, result, rules, surest_mistakes(found, pixels), not_used)
    console = Console()
    print_result(console, result, rules, not_used)
    for path in sorted(folder.iterdir()):
        console.print(f"  {path}", highlight=False, markup=False, soft_wrap=True)
    if not result.accepted:
        raise typer.Exit(ExitCode.NOT_BLESSED)


def _target(model: str, options: VersionOptions) -> tuple[ModelTarget, int]:
    """Returns the model to ask, and its version."""
    from pipeline.external.errors import ExternalError
    from pipeline.external.model_argument import read_model_argument
    from serving.promotion.model_selection import choose_version

    named = read_model_argument(model)
    given: dict[str, Any] = {one.name: getattr(options, one.name) for one in fields(options)}
    given |= {"server": named.server, "model": named.name}
    if named.models is not None:
        given["model_base"] = named.models
    if named.version is not None:
        given["version"] = named.version
    target = ModelTarget(**given)
    if named.server is not None:
        return target, origin_of(named.server, named.name, None, target).version
    if target.label is not None:
        raise ExternalError(
            f"Only a model server knows labels. Received: --label {target.label} for {model!r}. "
            "Name a model as HOST:PORT/NAME, or pass --version."
        )
    return target, choose_version(target.models / named.name, target.version)


def _digest(data: Path) -> str:
    return hashlib.blake2b(str(data.resolve()).encode(), digest_size=4).hexdigest()
