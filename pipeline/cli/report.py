"""The command `report`: the page of a run."""

import logging
import webbrowser
from pathlib import Path
from typing import Annotated, Optional

import typer

from pipeline.home import Home


def report(
    run: Annotated[
        Optional[str],  # noqa: UP045  (typer reads it)
        typer.Argument(help="Of `medtfx runs` [the latest]."),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    render: Annotated[
        bool, typer.Option("--render", help="Draw it anew from the artifacts of the run.")
    ] = False,
    home: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--home", help="The home whose run is meant [$MEDTFX_HOME, medtfx-home]."),
    ] = None,
) -> None:
    """Print where the page of a run is: figures, curves, images, data, limits."""
    from pipeline.runs.records import save
    from pipeline.runs.run_page import find_run, keep_page, write_page

    place = Home.at(home)
    record = find_run(run, place)
    if render:
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # TFMA reads in a deprecated way
        from pipeline.runs.report_rebuild import render_again

        record = write_page(render_again(record.run_id, place), record, place)
    else:
        record = keep_page(record, place)  # an approval may have changed what the run says
    save(record, place)
    path = Path(record.paths.report)
    if show:
        webbrowser.open(path.as_uri())
    typer.echo(path)
