"""The command `dashboard`: TFMA's own view of one or several runs."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from components.runtime.errors import MedtfxError
from pipeline.home import Home

if TYPE_CHECKING:
    from pipeline.dashboard.blocks import Evaluated
    from pipeline.runs.records import RunRecord


def dashboard(
    runs: Annotated[
        Optional[list[str]],  # noqa: UP045  (typer reads it)
        typer.Argument(help="Of `medtfx runs` [the latest]. Several: also as a time series."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="File to write [<home>/runs/<run>-dashboard.html]."),
    ] = None,
    home: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--home", help="The home whose runs are meant [$MEDTFX_HOME, medtfx-home]."),
    ] = None,
) -> None:
    """Write TFMA's dashboard, every slice and plot, as one HTML file that needs no network."""
    from pipeline.dashboard.blocks import blocks_of
    from pipeline.dashboard.page import render_dashboard

    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # TFMA reads in a deprecated way
    place = Home.at(home)
    records = find_runs(runs or [], place)
    blocks = blocks_of([_evaluated(record) for record in records])
    path = out or place.runs / f"{records[-1].run_id}-dashboard.html"
    labels = [gate.label for gate in records[-1].gates]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_dashboard(_title(records), blocks, labels), encoding="utf-8")
    typer.echo(path)


def find_runs(run_ids: list[str], home: Home) -> "list[RunRecord]":
    """Returns the records of runs, the oldest first; by default the latest alone.

    Raises:
        MedtfxError: one does not exist, or they do not fit together.
    """
    from pipeline.runs.run_page import find_run

    records = [find_run(run_id, home) for run_id in sorted(set(run_ids))] or [find_run(None, home)]
    classes = {tuple(gate.label for gate in record.gates) for record in records}
    if len(classes) > 1:
        raise MedtfxError(
            "A time series needs runs of the same classes. Received runs with "
            f"{' and '.join(', '.join(labels) for labels in sorted(classes))}."
        )
    return records


def _evaluated(record: "RunRecord") -> "Evaluated":
    from pipeline.dashboard.blocks import Evaluated

    return Evaluated(
        run=record.run_id,
        data=record.data_fingerprint,
        uri=record.paths.evaluation,
        classes=tuple(gate.label for gate in record.gates),
    )


def _title(records: "list[RunRecord]") -> str:
    ids = ", ".join(record.run_id for record in records)
    return f"{records[-1].model}: evaluation of run{'s' if len(records) > 1 else ''} {ids}"
