"""The command `bulk-score`: as `score`, by a TFX pipeline on Beam."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from components.storage.files import is_remote
from pipeline.bulk.request import BulkRun
from pipeline.cli.score import SOME_FAILED, STOPPED, HomeOption
from pipeline.home import Home

if TYPE_CHECKING:
    from collections import Counter

    from serving.score.summary import Summary


def bulk_score(
    folder: Annotated[str, typer.Argument(help="Images, however deep: a path, gs:// or s3://.")],
    out: Annotated[Path, typer.Option(help="The CSV to write.")] = Path("predicted.csv"),
    model: Annotated[
        Optional[str],  # noqa: UP045  (typer reads it)
        typer.Option(help="Name of the model [the only one in the home]."),
    ] = None,
    version: Annotated[Optional[int], typer.Option(help="Of the model [latest].")] = None,  # noqa: UP045
    model_base: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--model-base", help="Pushed models: a path, gs:// or s3:// [<home>/models]."),
    ] = None,
    root: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Where artifacts go: a path, gs:// or s3:// [<home>/artifacts]."),
    ] = None,
    beam_args: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--beam-arg", help="An option of Beam: --beam-arg=--runner=FlinkRunner. Repeatable."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Score a folder of images into a CSV by a TFX pipeline, on any Beam runner.

    For sets that are too large for one machine; below some 100,000 images `medtfx score` is
    quicker. Exit code 0: every image has a label, 1: some have an error instead, or it failed, 130:
    stopped.
    """
    from rich.console import Console

    from components.storage import object_storage as storage
    from pipeline.cli.score_display import print_summary
    from serving.promotion.model_selection import choose_model, choose_version

    for option, address in (("--root", root), ("--model-base", model_base)):
        storage.check_address(option, address or "")
    place = Home.at(home)
    models = model_base or str(place.models)
    name = model or choose_model(Path(models))
    if not is_remote(models):
        version = choose_version(Path(models, name), version)
    base = folder if is_remote(folder) else os.path.abspath(folder)
    run = BulkRun(base, out.absolute(), models, name, version, root, tuple(beam_args or ()))
    try:
        summary, left_out = _score(run, place)
    except KeyboardInterrupt:  # here, because typer would swallow it
        typer.echo("\nStopped. The same command goes on: finished nodes are kept.", err=True)
        raise typer.Exit(STOPPED) from None
    print_summary(Console(), summary, left_out, out)
    if summary.failed:
        raise typer.Exit(SOME_FAILED)


def _score(run: BulkRun, home: Home) -> "tuple[Summary, Counter[str]]":
    from pipeline.runs.session import run_session
    from serving.score.listing import list_images
    from serving.score.output_path import check_place

    if not is_remote(run.folder):  # what is wrong with it is known before TensorFlow is loaded
        list_images(Path(run.folder))
    check_place(run.out, Path(run.folder))
    with run_session(home) as session:
        session.console.print("Loading TensorFlow and TFX ...", highlight=False)
        from pipeline.bulk.scoring import score_in_bulk

        return score_in_bulk(run, home, session)
