"""The page of a run: the page of its node RunReport, with what only the run knows filled in."""

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from components.run_report.slot import fill_slot
from components.runtime.errors import MedtfxError
from components.runtime.html import html_environment
from components.storage.files import read_bytes
from pipeline.home import Home
from pipeline.runs.records import RunRecord, load_all
from pipeline.runs.summary import verdict


def find_run(run_id: str | None, home: Home) -> RunRecord:
    """Returns the record of a run, by default of the latest.

    Raises:
        MedtfxError: there is none.
    """
    records = {record.run_id: record for record in load_all(home)}
    if not records:
        raise MedtfxError(
            f"No run has finished in {home.root} yet. Start one with `medtfx run`, or name another "
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
    """Copies the page of the run's node into the home, filled in.

    The node's own page may come from the cache, and then belongs to several runs.

    Returns:
        The record, with the path of the copy.

    Raises:
        MedtfxError: the page is gone.
    """
    folder, name = os.path.split(record.paths.report)
    try:
        text = read_bytes(folder, name).decode()
    except OSError as error:
        raise MedtfxError(
            f"The report of run {record.run_id} is not where it was written: "
            f"{record.paths.report} ({type(error).__name__}). Make it again: `medtfx report "
            f"{record.run_id} --render`."
        ) from error
    return write_page(text, record, home)


def write_page(text: str, record: RunRecord, home: Home) -> RunRecord:
    """Writes a node's page as that of a run; returns the record with its path."""
    path = home.runs / f"{record.run_id}.html"
    path.write_text(fill_slot(text, run_part(record)), encoding="utf-8")
    return replace(record, paths=replace(record.paths, report=str(path)))


def run_part(record: RunRecord) -> str:
    """Returns what a run adds to the page, as HTML: start, verdict, data, overrides and times."""
    facts = {
        "run": _when(record.run_id),
        "outcome": verdict(record),
        "data folder": record.data_folder,
        "overrides (--set)": ", ".join(record.overrides) or "none",
        "time in the nodes": f"{record.seconds:.0f} s",
    }
    environment = html_environment(Path(__file__).with_name("templates"))
    return environment.get_template("run.html").render(facts=facts, record=record)


def _when(run_id: str) -> str:
    try:
        return f"{run_id} ({datetime.strptime(run_id, '%Y%m%d-%H%M%S'):%Y-%m-%d %H:%M})"
    except ValueError:
        return run_id
