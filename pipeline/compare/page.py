"""The comparison as one HTML file that needs no server and no network."""

import math
from pathlib import Path

from components.runtime.html import html_environment
from components.uncertainty.bootstrap import SAMPLES
from pipeline.compare import plots, tables
from pipeline.compare.criterion import NAMED
from pipeline.compare.results import Comparison, Row
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

_METRICS = {
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "min_recall": "lowest recall",
}


def write_page(path: Path, comparison: Comparison) -> None:
    """Writes the page."""
    environment = html_environment(Path(__file__).with_name("templates"))
    environment.filters |= {"share": tables.share, "signed": tables.signed, "percent": _percent}
    page = environment.get_template("comparison.html").render(
        c=comparison,
        best=tables.best_sentence(comparison),
        differences={
            row.name: tables.difference_words(row.difference)
            for row in comparison.rows
            if row.difference
        },
        metrics={name: _METRICS[name] for name in NAMED},
        shortcut_name=tables.SHORTCUT_NAME,
        samples=SAMPLES,
        disclaimer=NOT_A_MEDICAL_DEVICE,
        recall=plots.recall_plot(comparison),
        rocs=[plots.roc_plot(comparison, index) for index in range(len(comparison.classes))],
        latency=plots.latency_plot(comparison),
        matrices={row.name: _cells(row) for row in comparison.rows},
        learning={row.name: plots.learning_plot(row) for row in comparison.rows},
    )
    path.write_text(page, encoding="utf-8")


def _cells(row: Row) -> list[list[tuple[int, float]]]:
    """Returns the confusion matrix: count, and share of the images of that class."""
    matrix = row.summary.matrix
    cases = matrix.sum(1)
    return [
        [
            (int(count), float(count / cases[truth]) if cases[truth] else 0.0)
            for count in matrix[truth]
        ]
        for truth in range(len(cases))
    ]


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0%}"
