"""The tables that the terminal shows at the end of a comparison."""

import math

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.compare.results import Comparison, Row
from pipeline.compare.statistics import Difference, Summary
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

SHORTCUT_NAME = "size and format alone"


def print_tables(console: Console, comparison: Comparison) -> None:
    """Prints the metrics, the recalls and which recipe is best."""
    console.print()
    console.print(_metrics(comparison))
    console.print(_recalls(comparison))
    console.print(Text(best_sentence(comparison), style="bold"), soft_wrap=True)
    for sentence in difference_sentences(comparison):
        console.print(sentence, highlight=False, markup=False, soft_wrap=True)
    for outcome in comparison.failed:
        line = f"{outcome.candidate.name} could not be trained: {outcome.failure}"
        console.print(Text(line, style="red"), soft_wrap=True)
    console.print(Text(NOT_A_MEDICAL_DEVICE, style="dim"))


def best_sentence(comparison: Comparison) -> str:
    """Returns which recipe is best, in words."""
    value = float(comparison.criterion.value(comparison.best.summary.matrix))
    return f"Best by {comparison.criterion.words}: {comparison.best.name}, {share(value)}."


def difference_sentences(comparison: Comparison) -> list[str]:
    """Returns, for each other recipe, its difference from the reference in words."""
    return [
        f"{row.name} against {comparison.reference}: {difference_words(row.difference)}"
        for row in comparison.rows
        if row.difference
    ]


def difference_words(difference: Difference) -> str:
    """Returns difference, interval, verdict and the folds' mean."""
    interval = f"{signed(difference.low)} to {signed(difference.high)}"
    verdict = "beyond chance" if difference.beyond_chance else "may be chance"
    words = f"{signed(difference.value)} (95 % interval {interval}): {verdict}"
    if len(difference.of_folds) > 1:
        words += f"; mean of the folds {signed(difference.mean_of_folds)}"
    return f"{words}."


def share(value: float) -> str:
    """Returns three decimals, or a dash for an unknown value."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def signed(value: float) -> str:
    """Returns three decimals with a sign; 0 has none."""
    return "0.000" if abs(value) < 5e-4 else f"{value:+.3f}"


def _metrics(comparison: Comparison) -> Table:
    where = f"{comparison.folds} folds" if comparison.folds else "the test split"
    images = len(comparison.best.predictions)
    table = _table(f"{images} images of {where}; no model was trained on a patient it is tested on")
    table.add_column("recipe", overflow="fold")
    for name in ("bal. acc.", "accuracy", "macro F1", "AUC", "MB", "params", "train", "latency"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in comparison.rows:
        table.add_row(Text(row.name), *_metric_cells(row.summary), *_cost_cells(row))
    shortcuts = _metric_cells(comparison.shortcut_summary)
    table.add_row(Text(SHORTCUT_NAME, style="dim"), *shortcuts)
    return table


def _metric_cells(summary: Summary) -> list[str]:
    named = (summary.named[name] for name in ("balanced_accuracy", "accuracy", "macro_f1"))
    return [*map(share, named), share(summary.auc)]


def _cost_cells(row: Row) -> list[str]:
    return [
        f"{row.megabytes:.1f}",
        f"{row.parameters:,}",
        f"{row.seconds:.0f} s",
        f"{row.latency:.1f} ms",
    ]


def _recalls(comparison: Comparison) -> Table:
    """Returns a row for each class: there may be many, but few recipes."""
    table = _table("Recall of each class, with its 95 % interval")
    table.add_column("class", overflow="fold")
    table.add_column("n", justify="right", no_wrap=True)
    summaries = [row.summary for row in comparison.rows] + [comparison.shortcut_summary]
    for name in [*(row.name for row in comparison.rows), SHORTCUT_NAME]:
        table.add_column(Text(name), overflow="fold")
    for index, label in enumerate(comparison.classes):
        found = [summary.classes[index] for summary in summaries]
        cells = [f"{share(c.recall)} {share(c.low)}-{share(c.high)}" for c in found]
        table.add_row(Text(label), str(found[0].cases), *cells)
    return table


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
