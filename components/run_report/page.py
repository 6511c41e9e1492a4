"""Renders the page."""

import datetime
import math
from pathlib import Path

import yaml
from markupsafe import Markup

from components.gate.floors import held, reaches
from components.run_report import figures, plots
from components.run_report.alarms import slice_alarms
from components.run_report.content import Content
from components.run_report.gallery import KINDS
from components.run_report.slot import RUN_SLOT
from components.run_report.uncertainty import UncertaintyResults, uncertainty_results
from components.runtime.html import html_environment
from components.uncertainty.risk_coverage import risk_coverage_curve

_TEMPLATE = Path(__file__).with_name("template")
_OPEN_ROWS = 60  # longer tables are folded


def render_page(content: Content) -> str:
    """Returns the whole page: one HTML file that loads nothing."""
    environment = html_environment(_TEMPLATE)
    environment.filters |= {"two": two, "signed": signed, "percent": percent}
    environment.globals |= {"held": held, "reaches": reaches}
    uncertainty = uncertainty_results(
        content.predictions, content.uncertainty, content.evaluation.folds is not None
    )
    return environment.get_template("page.html").render(
        content=content,
        plots=_plots(content, uncertainty),
        slices=_slices(content),
        alarms=slice_alarms(content.predictions),
        uncertainty=uncertainty,
        kinds=KINDS,
        small=figures.SMALL,
        open_rows=_OPEN_ROWS,
        recipe_text=yaml.safe_dump(
            dict(content.recipe), sort_keys=False, allow_unicode=True, width=80
        ).rstrip(),
        today=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        style=Markup((_TEMPLATE / "page.css").read_text(encoding="utf-8")),  # ours
        run_slot=Markup(RUN_SLOT),
    )


# === Parts ===


def _plots(content: Content, uncertainty: UncertaintyResults) -> dict[str, Markup]:
    """Returns name → inline SVG, which matplotlib has escaped."""
    predictions = content.predictions
    found = {}
    if len(predictions.labels):
        found = {
            "roc": plots.roc_curves(predictions),
            "precision_recall": plots.precision_recall_curves(predictions),
            "reliability": plots.reliability_diagram(uncertainty.before.bins, uncertainty.now.bins),
            "deferral": plots.risk_coverage_plot(
                risk_coverage_curve(predictions.probabilities, predictions.labels),
                uncertainty.below,
            ),
        }
    if any(content.history.values()):
        found["learning"] = plots.learning_curves(content.history)
    return {name: Markup(text) for name, text in found.items()}


def _slices(content: Content) -> dict[str, list[figures.SliceResult]]:
    found: dict[str, list[figures.SliceResult]] = {}
    for result in figures.slice_results(content.predictions):
        found.setdefault(result.feature, []).append(result)
    return found


# === Numbers ===


def two(value: float | None) -> str:
    """Returns two decimals, or a dash for what is not defined."""
    return "–" if value is None or math.isnan(value) else f"{value:.2f}"


def signed(value: float) -> str:
    """Returns two decimals with their sign."""
    return "–" if math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def percent(value: float) -> str:
    """Returns a whole percentage."""
    return "–" if math.isnan(value) else f"{value:.0%}"
