"""The command `bulk-score`: like `score`, as a TFX pipeline on Apache Beam."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.options import BeamArgsOption, HomeOption, ModelOption
from pipeline.cli.stoppable import stoppable
from pipeline.home import Home

if TYPE_CHECKING:
    from collections import Counter

    from pipeline.bulk.request import BulkRun
    from serving.score.summary import Summary


@stoppable("The same command continues from here: finished nodes are kept.")
def bulk_score(
    folder: Annotated[
        str,
        typer.Argument(help="Folder of images, subfolders included: a path, gs:// or s3://."),
    ],
    out: Annotated[Path, typer.Option(help="The CSV file to write.")] = Path("predicted.csv"),
    model: ModelOption = None,
    version: Annotated[
        int | None, typer.Option(help="Version of the model. Default: the newest.")
    ] = None,
    model_base: Annotated[
        str | None,
        typer.Option(
            help="Folder of pushed models: a path, gs:// or s3://. Default: <home>/models."
        ),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(help="Where artifacts go: a path, gs:// or s3://. Default: <home>/artifacts."),
    ] = None,
    beam_args: BeamArgsOption = None,
    *,
    home: HomeOption,
) -> None:
    """Score a folder of images on Apache Beam.

    A TFX pipeline on any Beam runner writes a CSV file. For folders that are too large for one
    machine; below about 100,000 images `medtfx score` is faster.

    Exit code 0: every image has a label, 1: some have an error instead, or it failed, 130: stopped.
    """
    from rich.console import Console

    from components.storage import object_storage as storage
    from components.storage.files import is_remote
    from pipeline.bulk.request import BulkRun
    from pipeline.cli.score_display import print_summary
    from serving.promotion.model_selection import choose_model, choose_version

    for option, address in (("--root", root), ("--model-base", model_base)):
        storage.check_address(option, address or "")
    models = model_base or str(home.models)
    name = model or choose_model(Path(models))
    if not is_remote(models):
        version = choose_version(Path(models, name), version)
    base = folder if is_remote(folder) else os.path.abspath(folder)
    run = BulkRun(base, out.absolute(), models, name, version, root, tuple(beam_args or ()))
    summary, left_out = _score(run, home)
    print_summary(Console(), summary, left_out, out)
    if summary.failed:
        raise typer.Exit(ExitCode.FAILED)


def _score(run: "BulkRun", home: Home) -> "tuple[Summary, Counter[str]]":
    from components.runtime.imports import importing
    from components.storage.files import is_remote
    from pipeline.runs.session import run_session
    from serving.score.listing import list_images
    from serving.score.output_path import check_place

    if not is_remote(run.folder):  # its errors come before TensorFlow is loaded
        list_images(Path(run.folder))
    check_place(run.out, Path(run.folder))
    with run_session(home) as session:
        session.console.print("Loading TensorFlow and TFX ...", highlight=False)
        with importing():
            from pipeline.bulk.scoring import score_in_bulk

        return score_in_bulk(run, home, session)
