"""The command `monitor`: whether a model still works as it was judged."""

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.options import HomeOption
from pipeline.cli.promotion import ModelArgument

if TYPE_CHECKING:
    from components.gate.pushed_reference import Reference
    from pipeline.monitor.monitoring import Monitored
    from pipeline.monitor.truth import Truth
    from serving.request_log.reader import Logged


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Options of the labels."""

    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Labels by a person: the columns label, sha256 or file, and patient if known.",
        ),
    ] = None
    images: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder that the column file of --truth refers to."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Options of what is written."""

    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page of HTML there.")
    ] = None
    prometheus: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write gauges for Prometheus there, as text."),
    ] = None


def monitor(
    model: ModelArgument,
    *,
    log: Annotated[
        str,
        typer.Option(metavar="FOLDER_OR_S3", help="The request log, of `--log` or Client(log=)."),
    ],
    since: Annotated[
        str, typer.Option(help="Length of the span: hours, days or weeks, e.g. 24h, 7d, 2w.")
    ] = "7d",
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End of the span, UTC. Default: now.")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(help="Version. Default: stable once one is promoted, else the newest."),
    ] = None,
    false_alarms: Annotated[
        float,
        typer.Option(
            min=0.01, help="False alarms a year that you accept, if you run it once a span."
        ),
    ] = 1.0,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="CHECK", help="Leave out a check, e.g. 'file format'. Repeatable."),
    ] = None,
    labels: Labels,
    outputs: Outputs,
    home: HomeOption,
) -> None:
    """Compare logged predictions with those that the gate judged.

    Past days of the log become Parquet files.

    Exit code 0: quiet, 3: an alarm, or a recall by labels below its floor for certain, 1: error.
    """
    from components.gate.pushed_reference import read_reference
    from pipeline.monitor.errors import MonitorError
    from pipeline.monitor.monitoring import Settings
    from pipeline.monitor.monitoring import monitor as compare
    from pipeline.monitor.span import length_of, moment_of, rate_of
    from pipeline.monitor.trend import SPANS
    from serving.promotion.model_selection import choose_version
    from serving.request_log.reader import Span, read_parts, read_span

    now = datetime.now(timezone.utc)
    end, length = moment_of(until, now), length_of(since)
    rate_of(false_alarms, length)
    number = choose_version(home.models / model, version)
    folder = home.models / model / str(number)
    reference = read_reference(folder)
    if reference is None:
        raise MonitorError(
            "To monitor, a version needs the predictions that the gate judged. Version "
            f"{number} of {model} has none: it was pushed by an earlier medtfx. Push the model "
            "again with `medtfx run`."
        )
    settings = Settings(end - length, end, false_alarms, tuple(skip or ()))
    _compact(log, now)
    start = settings.since
    span = Span(model, number, reference.classes, start, end, now)
    logged = read_span(log, span)
    history = read_parts(log, replace(span, since=start - (SPANS - 1) * length, until=start))
    found = compare(reference, logged, history, settings)
    truth = _truth(folder, reference, logged, labels)
    _write(model, number, found, truth, outputs)
    if found.alarms or (truth and truth.below):
        raise typer.Exit(ExitCode.ALARM)


def _compact(log: str, now: datetime) -> None:
    """Makes past days small; a log that only others may write is read as it is."""
    from contextlib import suppress

    from serving.request_log.table import compact

    with suppress(OSError):
        compact(log, now.date())


def _truth(
    folder: Path, reference: "Reference", logged: "Logged", labels: Labels
) -> "Truth | None":
    from components.gate.pushed_gate import read_gate
    from pipeline.monitor.errors import MonitorError
    from pipeline.monitor.truth import judge_by_labels, read_labels

    if labels.truth is None:
        if labels.images is not None:
            raise MonitorError("--images belongs to --truth. Received: --images without it.")
        return None
    gate = read_gate(folder)
    if gate is None:
        raise MonitorError(
            f"The floors of a version are in its gate.json, which is missing in {folder}. Push the "
            "model again."
        )
    known, by_patient = read_labels(labels.truth, reference.classes, labels.images)
    return judge_by_labels(logged, known, by_patient, reference.classes, gate.evaluation)


def _write(
    model: str, version: int, found: "Monitored", truth: "Truth | None", outputs: Outputs
) -> None:
    from rich.console import Console

    from components.storage.atomic_write import write_atomically
    from pipeline.monitor.display import print_result
    from pipeline.monitor.outputs import to_json, to_prometheus
    from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

    if outputs.prometheus is not None:
        write_atomically(outputs.prometheus, to_prometheus(model, version, found, truth))
    if outputs.page is not None:
        from pipeline.monitor.page import render_page

        page = render_page(f"{model}/{version}", found, truth)
        write_atomically(outputs.page, page.encode(errors="replace"))
    if outputs.as_json:
        typer.echo(to_json(model, version, found, truth))
        return
    console = Console()
    print_result(console, f"{model}/{version}", found, truth)
    if outputs.page is not None:
        console.print(
            f"  {'page':<15}{outputs.page}", highlight=False, markup=False, soft_wrap=True
        )
    console.print(NOT_A_MEDICAL_DEVICE, highlight=False)
