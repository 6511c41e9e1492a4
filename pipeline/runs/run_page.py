"""The report of one run: the page of its node, with what only the run knows."""

import os
from dataclasses import replace
from datetime import datetime
from html import escape

from components.run_report.slot import fill_slot
from components.runtime.errors import MedtfxError
from components.storage.files import read_bytes
from pipeline.home import Home
from pipeline.runs.records import RunRecord, load_all
from pipeline.runs.summary import verdict

PLACE = "report"


def find_run(run_id: str | None, home: Home) -> RunRecord:
    """Returns the record of a run, by default of the latest.

    Raises:
        MedtfxError: there is none.
    """
    records = {record.run_id: record for record in load_all(home)}
    if not records:
        raise MedtfxError(
            f"No run has ended in {home.root} yet. Start one with `medtfx run`, or name another "
            "--home."
        )
    if run_id is None:
        return records[max(records)]
    if run_id not in records:
        raise MedtfxError(
            f"There is no run {run_id!r} in {home.root}. `medtfx runs` lists them; the latest is "
            f"{max(records)}."
        )
    return records[run_id]


def keep_page(record: RunRecord, home: Home) -> RunRecord:
    """Keeps the page of the run's node in the home, filled in.

    The node's own page may come from the cache, and then belongs to several runs.

    Returns:
        The record, with the kept page among its places.

    Raises:
        MedtfxError: the run has no report, or it is gone.
    """
    try:
        folder, name = os.path.split(record.places[PLACE])
        text = read_bytes(folder, name).decode()
    except KeyError:
        raise MedtfxError(
            f"Run {record.run_id} has no report: it was made before medtfx wrote them. Run the "
            "recipe again; what has not changed comes from the cache."
        ) from None
    except OSError as error:
        raise MedtfxError(
            f"The report of run {record.run_id} is not where it was written: "
            f"{record.places[PLACE]} ({type(error).__name__}). Draw it anew: `medtfx report "
            f"{record.run_id} --render`."
        ) from error
    return write_page(text, record, home)


def write_page(text: str, record: RunRecord, home: Home) -> RunRecord:
    """Writes a node's page as that of a run; returns the record with its path."""
    path = home.runs / f"{record.run_id}.html"
    path.write_text(fill_slot(text, run_part(record)), encoding="utf-8")
    return replace(record, places={**record.places, PLACE: str(path)})


def run_part(record: RunRecord) -> str:
    """Returns what a run adds to the page, as HTML: when, from where, how long, with what end."""
    facts = {
        "run": _when(record.run_id),
        "outcome": verdict(record),
        "data folder": record.data_folder,
        "set by hand": ", ".join(record.overrides) or "nothing",
        "time in the nodes": f"{record.seconds:.0f} s",
    }
    lines = "".join(f"<dt>{what}</dt><dd>{escape(found)}</dd>" for what, found in facts.items())
    rows = "".join(
        f'<tr><th scope="row">{escape(node.node)}</th>'
        f"<td>{'from the cache' if node.cached else f'{node.seconds:.1f} s'}</td></tr>"
        for node in record.nodes
    )
    return (
        f"<dl>{lines}</dl><details><summary>Time of each node</summary>"
        f"<table><tbody>{rows}</tbody></table></details>"
    )


def _when(run_id: str) -> str:
    try:
        return f"{run_id} ({datetime.strptime(run_id, '%Y%m%d-%H%M%S'):%Y-%m-%d %H:%M})"
    except ValueError:
        return run_id
