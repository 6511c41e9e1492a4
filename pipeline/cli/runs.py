"""The commands about past runs: `runs`, `report` and `dashboard`."""

import logging
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.errors import MedtfxError
from components.storage.plain_path import shown_path
from pipeline.cli.options import HomeOption, OptionalRunArgument, OptionalRunsArgument
from pipeline.home import Home

if TYPE_CHECKING:
    from pipeline.dashboard.blocks import Evaluated
    from pipeline.runs.records import RunRecord

_RUN_LINE = "{:<16} {:<18} {:<12} {:>6}  {:<7}  {}"


def runs(home: HomeOption) -> None:
    """List past runs.

    For each run: its data, the gate values, whether it was blessed, the pushed version.
    """
    typer.echo(run_text(home))


def report(
    run: OptionalRunArgument = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    render: Annotated[
        bool, typer.Option("--render", help="Write it again from the artifacts of the run.")
    ] = False,
    *,
    home: HomeOption,
) -> None:
    """Print the path of the report of a run.

    The report is an HTML page with figures, curves, images, data and limits.
    """
    from pipeline.runs.records import save
    from pipeline.runs.run_page import find_run, keep_page, write_page

    record = find_run(run, home)
    if render:
        _quiet_tfma()
        from pipeline.runs.report_rebuild import render_again

        record = write_page(render_again(record.run_id, home), record, home)
    else:
        record = keep_page(record, home)  # an approval may have changed the outcome of the run
    save(record, home)
    path = Path(record.paths.report)
    if show:
        webbrowser.open(path.as_uri())
    typer.echo(shown_path(str(path)))


def dashboard(
    run_ids: OptionalRunsArgument = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: <home>/runs/<run>-dashboard.html.")
    ] = None,
    *,
    home: HomeOption,
) -> None:
    """Write the TensorFlow Model Analysis dashboard of a run.

    One HTML file that needs no network, with every slice and plot of the latest run, or of several
    runs as a time series.
    """
    from pipeline.dashboard.blocks import blocks_of
    from pipeline.dashboard.page import render_dashboard

    _quiet_tfma()
    records = find_runs(run_ids or [], home)
    blocks = blocks_of([_evaluated(record) for record in records])
    path = out or home.runs / f"{records[-1].run_id}-dashboard.html"
    labels = [gate.label for gate in records[-1].gates]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_dashboard(_title(records), blocks, labels), encoding="utf-8")
    typer.echo(shown_path(str(path)))


def _quiet_tfma() -> None:
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # TFMA reads in a deprecated way


# === The list of runs ===


def run_text(home: Home) -> str:
    """Returns the runs of a home, newest first: a line per run, and its gate values below."""
    from pipeline.runs.records import load_all

    lines = [_RUN_LINE.format("run", "recipe", "data", "images", "blessed", "version")]
    for record in reversed(load_all(home)):
        line = _RUN_LINE.format(
            record.run_id,
            record.recipe,
            record.data_fingerprint[:12],
            record.images,
            "yes" if record.blessed else "no",
            _version(record),
        )
        lines += [line, f"    {_gate_values(record)}"]
    lines.append(f"Recall (lower bound / floor) of each class. Home: {shown_path(str(home.root))}")
    return "\n".join(lines)


def _gate_values(record: "RunRecord") -> str:
    from components.runtime.numbers import number

    return ", ".join(
        f"{gate.label} {number(gate.recall)} ({number(gate.low)} / {number(gate.floor)})"
        for gate in record.gates
    )


def _version(record: "RunRecord") -> str:
    if record.approval in ("waiting", "rejected"):
        return "waits for approval" if record.approval == "waiting" else "rejected"
    if record.refused:
        return "refused when served"
    if record.version is None:
        return "-"
    return f"{record.version}" if record.served else f"{record.version} (withdrawn at that time)"


# === The dashboard ===


def find_runs(run_ids: list[str], home: Home) -> "list[RunRecord]":
    """Returns the records of runs, the oldest first; by default the latest alone.

    Raises:
        MedtfxError: a run does not exist, or the runs have different classes.
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
