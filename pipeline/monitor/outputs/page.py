"""What was found, as one HTML file that needs no server and no network."""

from pathlib import Path

from markupsafe import Markup

from components import run_report
from components.runtime.html import html_environment
from pipeline.monitor.checks.estimated_recall import BLINDNESS
from pipeline.monitor.findings import Monitored
from pipeline.monitor.outputs import plots, words
from pipeline.monitor.outputs.outcome import Outcome
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

_STYLE = Path(run_report.__file__).with_name("template") / "page.css"
_PICTURES = 6  # of the most unusual properties
_CORRECTIONS = 50
_WITHOUT_PICTURE = ("recall", "domain")


def render_page(outcome: Outcome) -> str:
    """Returns the page."""
    found = outcome.found
    return (
        html_environment(Path(__file__).with_name("templates"))
        .get_template("monitor.html")
        .render(
            style=Markup(_STYLE.read_text(encoding="utf-8")),
            title=outcome.title,
            found=found,
            truth=outcome.truth,
            shadow=outcome.shadow,
            alarm=outcome.alarm,
            sentence=outcome.sentence,
            notes=list(words.notes(found)),
            words=words,
            shown=_CORRECTIONS,
            blindness=BLINDNESS,
            disclaimer=NOT_A_MEDICAL_DEVICE,
            scores=Markup(plots.scores_plot(found)),
            pictures=_pictures(found),
            trends=_trends(found) if len(found.trend) > 1 else [],
        )
    )


def _pictures(found: Monitored) -> list[tuple[str, Markup]]:
    checks = {check.name: check for check in found.checks}
    pictures = []
    for finding in [one for one in found.findings if one.kind not in _WITHOUT_PICTURE][:_PICTURES]:
        check = checks[finding.name]
        if finding.kind == "distribution":
            svg = plots.distribution_plot(check)
        else:
            svg = plots.shares_plot(finding)
        pictures.append((f"{finding.name}: {words.change(finding)}", Markup(svg)))
    return pictures


def _trends(found: Monitored) -> list[tuple[str, Markup]]:
    return [
        ("Predicted classes", Markup(plots.shares_trend(found.trend))),
        ("Recall without labels", Markup(plots.recall_trend(found.trend))),
        ("Uncertain, and out of distribution", Markup(plots.flags_trend(found.trend))),
    ]
