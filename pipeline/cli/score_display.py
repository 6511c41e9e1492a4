"""Shows the progress of scoring a folder, and the result."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE
from serving.score.listing import left_out_text
from serving.score.summary import Summary

_SECONDS_BETWEEN_LINES = 15.0

Report = Callable[[Summary], None]


@contextmanager
def show_progress(console: Console) -> Iterator[Report]:
    """Yields a function to report progress: a bar on a terminal, else a line every 15 seconds."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("  scoring"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("images"),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None, rate=0.0)

        def report(summary: Summary) -> None:
            done, total, rate = summary.done, summary.total, summary.rate
            progress.update(task, completed=done, total=total, rate=rate)

        yield report


class _Lines:
    """A line every 15 seconds."""

    def __init__(self, console: Console) -> None:
        self._console, self._printed = console, time.monotonic()

    def __call__(self, summary: Summary) -> None:
        now = time.monotonic()
        if now - self._printed < _SECONDS_BETWEEN_LINES:
            return
        self._printed = now
        left = (summary.total - summary.done) / max(summary.rate, 1e-9)
        self._console.print(
            f"  {summary.done}/{summary.total} images, {summary.rate:.0f}/s, {left:.0f} s left",
            highlight=False,
            soft_wrap=True,
        )


def print_summary(console: Console, summary: Summary, left_out: Counter[str], out: Path) -> None:
    """Prints how many images got each label, what failed and why, and where the rows are."""
    console.print(_table(summary))
    for line in _lines(summary, left_out, out):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(Text(NOT_A_MEDICAL_DEVICE, style="dim"))


def _table(summary: Summary) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("label", overflow="fold")
    for name in ("images", "uncertain"):
        table.add_column(name, justify="right", no_wrap=True)
    for label in summary.origin.classes:
        counts = (summary.labels[label], summary.uncertain[label])
        table.add_row(Text(label), *map(str, counts))
    failed = summary.failed.total()
    style = "red" if failed else ""
    table.add_row(Text("no label", style=style), Text(str(failed), style=style), "-")
    return table


def _lines(summary: Summary, left_out: Counter[str], out: Path) -> Iterator[str]:
    origin = summary.origin
    earlier = f"; {summary.earlier} are from an earlier run" if summary.earlier else ""
    rate = f", {summary.rate:.0f} images/s" if summary.scored else ""
    yield (f"{summary.scored} rows by version {origin.version} of {origin.model}{rate}{earlier}.")
    if summary.failed:
        reasons = ", ".join(f"{number} {why}" for why, number in summary.failed.most_common())
        yield f"Without label: {reasons}; the column `error` has the details."
    if summary.elsewhere:
        yield f"{summary.elsewhere} rows of files that are gone from the folder are kept."
    if left_out:
        yield f"Left out: {left_out_text(left_out)}."
    yield f"  scores         {out}"
