"""The plots of the page, as SVG in the text colour of the page around it.

Lines have the colours of Paul Tol's "bright" scheme, which colour-blind readers can tell apart and
which stand out on white and on black; from the seventh line on they are dashed, then dotted.
"""

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from components.gate.predictions import Predictions
from components.uncertainty.calibration import Bin
from components.uncertainty.risk_coverage import RiskCoverageCurve

COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
_DASHES = ("-", "--", ":")
INK = "#010203"  # replaced by the colour of the page's text
_SIZE = (4.6, 3.9)  # inches; the page scales it
_POINTS = 400  # of a line: more can't be seen and weigh

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.12,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
}


def as_svg(draw: Callable[..., None]) -> Callable[..., str]:
    """Turns a function that draws on axes into one that returns inline SVG."""

    @wraps(draw)
    def drawn(*args: Any) -> str:
        # Names of shapes are drawn from the salt; on one page they must differ between pictures.
        with rc_context({**_STYLE, "svg.hashsalt": draw.__name__}):
            figure = Figure(figsize=_SIZE, layout="constrained")
            draw(figure.add_subplot(), *args)
            buffer = io.StringIO()
            with warnings.catch_warnings():
                # The reader's browser draws the text, with fonts that this machine may not have.
                warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
                # No date: the same figures give the same page.
                figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        text = buffer.getvalue()
        return text[text.index("<svg") :].replace(INK, "currentColor")

    return drawn


@as_svg
def roc_curves(axes: Axes, predictions: Predictions) -> None:
    """Draws the ROC curve of each class against the rest."""
    axes.plot([0, 1], [0, 1], color=INK, alpha=0.4, linewidth=0.8, linestyle="--")
    for index, label in enumerate(predictions.classes):
        truth = predictions.labels == index
        if truth.any() and not truth.all():
            false_positives, recall, _ = roc_curve(truth, predictions.probabilities[:, index])
            axes.plot(*_thinned(false_positives, recall), **line(index, label))
    unit_axes(axes, "1 - specificity (false positive rate)", "recall (sensitivity)")


@as_svg
def precision_recall_curves(axes: Axes, predictions: Predictions) -> None:
    """Draws precision against recall of each class, with the average precision."""
    for index, label in enumerate(predictions.classes):
        truth = predictions.labels == index
        if truth.any() and not truth.all():
            scores = predictions.probabilities[:, index]
            precision, recall, _ = precision_recall_curve(truth, scores)
            average = average_precision_score(truth, scores)
            styled = line(index, f"{label} (average {average:.2f})")
            axes.plot(*_thinned(recall, precision), drawstyle="steps-post", **styled)
    unit_axes(axes, "recall (sensitivity)", "precision")


@as_svg
def reliability_diagram(axes: Axes, before: Sequence[Bin], now: Sequence[Bin]) -> None:
    """Draws how often predictions of each confidence are right; a dot's area is its images.

    Args:
        axes: to draw on.
        before: without temperature scaling; not drawn if it is the same.
        now: as served.
    """
    axes.plot([0, 1], [0, 1], color=INK, alpha=0.4, linewidth=0.8, linestyle="--")
    largest = max((found.images for found in now), default=1)
    drawn = (
        [(now, "as served")]
        if before == now
        else [(now, "as served"), (before, "before calibration")]
    )
    for index, (bins, name) in enumerate(drawn):
        confidence = [found.confidence for found in bins]
        accuracy = [found.accuracy for found in bins]
        colour = COLOURS[index]
        axes.plot(confidence, accuracy, color=colour, linewidth=1, alpha=1 - 0.4 * index)
        sizes = [20 + 180 * found.images / largest for found in bins]
        axes.scatter(
            confidence, accuracy, s=sizes, color=colour, alpha=0.8 - 0.4 * index, label=name
        )
    unit_axes(
        axes, "probability of the prediction", "share of right predictions", legend=len(drawn) > 1
    )


@as_svg
def risk_coverage_plot(axes: Axes, curve: RiskCoverageCurve, now: float) -> None:
    """Draws accuracy and recall of the rest over the share deferred; a line marks `now`."""
    axes.axvline(now, color=INK, alpha=0.5, linewidth=0.8, linestyle="--")
    for index, (values, name) in enumerate(
        (
            (curve.accuracy, "accuracy of the rest"),
            (curve.lowest_recall, "lowest recall of a class"),
        )
    ):
        axes.plot(*_thinned(curve.deferred, values), drawstyle="steps-post", **line(index, name))
    unit_axes(axes, "share of images deferred (1 - coverage)", "on the rest")


@as_svg
def learning_curves(axes: Axes, history: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Draws the loss of every epoch on the train and eval splits; a line where a phase ends."""
    epochs = [epoch for phase in history.values() for epoch in phase]
    for index, (key, name) in enumerate((("loss", "train split"), ("val_loss", "eval split"))):
        values = [epoch.get(key, np.nan) for epoch in epochs]
        axes.plot(range(1, len(epochs) + 1), values, **line(index, name))
    done = 0
    for phase in list(history.values())[:-1]:
        done += len(phase)
        axes.axvline(done + 0.5, color=INK, alpha=0.5, linewidth=0.8, linestyle=":")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    legend_of(axes)


def line(index: int, name: str) -> dict[str, Any]:
    """Returns how the line of a class is drawn, by its index."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": _DASHES[index // len(COLOURS) % len(_DASHES)],
        # A line that lies on another one leaves a rim of it.
        "linewidth": 3.0 - 0.35 * (index % len(COLOURS)),
        # A leading underscore would hide it, a dollar sign begin a formula.
        "label": "\u200b" + name.replace("$", r"\$"),
    }


def unit_axes(axes: Axes, x: str, y: str, legend: bool = True) -> None:
    """Names both axes, which go from 0 to 1."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x, ylabel=y)
    if legend:
        legend_of(axes)


def legend_of(axes: Axes) -> None:
    """Adds the legend, below the picture if it is long."""
    lines, _ = axes.get_legend_handles_labels()
    if len(lines) > 3:  # inside it would cover them
        axes.figure.legend(handles=lines, loc="outside lower center", ncols=2)
    elif lines:
        axes.legend(loc="best")


def _thinned(x: Any, y: Any) -> tuple[Any, Any]:
    """Returns a line with its first and last point and at most `_POINTS` in all."""
    kept = np.unique(np.linspace(0, len(x) - 1, _POINTS).astype(int)) if len(x) else []
    return np.asarray(x)[kept], np.asarray(y)[kept]
