"""The figures of a comparison as inline SVG, in the text colour of the page."""

import io
from collections.abc import Callable

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.compare.results import Comparison, Row
from pipeline.compare.statistics import Summary
from pipeline.compare.tables import SHORTCUT_NAME

# Replaced by the text colour of the page, which differs in dark mode; no curve has this colour.
_INK = "#010203"
# Visible on white and on black; with the markers also for readers with a colour deficiency.
_COLOURS = ("#2b8cbe", "#e08214", "#3fa45b", "#b35fc9", "#d1495b", "#8c8c2e")
_MARKERS = ("o", "s", "D", "^", "v", "P")
_GREY = "#8b8b8b"
_STYLE = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 9,
    "grid.alpha": 0.25,
    "grid.color": _INK,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "svg.hashsalt": "medtfx",
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
# Inches, about the width of a phone, so that the text is readable there.
_WIDTH = 4.2


def recall_plot(comparison: Comparison) -> str:
    """Draws the recall of each class with its interval, a point a recipe."""
    named = [(row.name, row.summary) for row in comparison.rows]
    named.append((SHORTCUT_NAME, comparison.shortcut_summary))
    classes = len(comparison.classes)

    def draw(axes: Axes) -> None:
        for place, (name, summary) in enumerate(named):
            _recall_points(axes, summary, name, place, len(named))
        axes.set_yticks(range(classes), comparison.classes)
        axes.invert_yaxis()
        axes.set_xlabel("recall, with 95 % interval")
        axes.grid(axis="x")
        _legend_above(axes)

    return _figure(draw, 0.9 + 0.2 * len(named) * (classes + 0.5))


def _recall_points(axes: Axes, summary: Summary, name: str, place: int, places: int) -> None:
    found = [c for c in enumerate(summary.classes) if c[1].cases]
    heights = [index + (place - (places - 1) / 2) * 0.7 / places for index, _ in found]
    recalls = np.array([c.recall for _, c in found])
    spread = [recalls - [c.low for _, c in found], [c.high for _, c in found] - recalls]
    colour, marker = _look(place, last=places - 1)
    axes.errorbar(
        recalls,
        heights,
        xerr=np.maximum(spread, 0),
        fmt=marker,
        color=colour,
        markersize=5,
        linewidth=1.4,
        label=name,
    )


def roc_plot(comparison: Comparison, index: int) -> str:
    """Draws the ROC curve of a class against the others, a curve a recipe."""
    from sklearn.metrics import roc_curve

    named = [(row.name, row.predictions, row.summary) for row in comparison.rows]
    named.append((SHORTCUT_NAME, comparison.shortcuts, comparison.shortcut_summary))

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_GREY, linewidth=0.6, linestyle=":")
        for place, (name, predictions, summary) in enumerate(named):
            truth = predictions.labels == index
            if 0 < truth.sum() < len(truth):
                wrong, right, _ = roc_curve(truth, predictions.probabilities[:, index])
                colour, _ = _look(place, last=len(named) - 1)
                label = f"{name}: AUC {summary.classes[index].auc:.3f}"
                axes.plot(wrong, right, color=colour, linewidth=1.4, label=label)
        axes.set_aspect("equal")
        axes.set_xlabel("1 - specificity")
        axes.set_ylabel("recall")
        axes.legend(loc="lower right", fontsize=8)

    return _figure(draw, 3.9)


def latency_plot(comparison: Comparison) -> str:
    """Draws the criterion over the latency, a point a recipe."""

    def draw(axes: Axes) -> None:
        for place, row in enumerate(comparison.rows):
            colour, marker = _look(place)
            value = float(comparison.criterion.value(row.summary.matrix))
            axes.plot(row.latency, value, marker, color=colour, markersize=8, label=row.name)
        axes.margins(y=0.2)
        axes.set_xlim(0, 1.2 * max(row.latency for row in comparison.rows))
        axes.set_xlabel("milliseconds for one image (median)")
        axes.set_ylabel(comparison.criterion.words)
        axes.grid()
        _legend_above(axes)

    return _figure(draw, 3.0)


def learning_plot(row: Row) -> str:
    """Draws the balanced accuracy of each epoch, on the eval split and in training."""

    def draw(axes: Axes) -> None:
        for place, trained in enumerate(row.outcome.rounds):
            colour, _ = _look(place)
            epochs = [logs for phase in trained.history.values() for logs in phase]
            numbers = range(1, len(epochs) + 1)
            watched = [logs["val_balanced_accuracy"] for logs in epochs]
            learnt = [logs["balanced_accuracy"] for logs in epochs]
            label = f"fold {trained.fold}" if trained.fold else "eval split"
            marker = "o" if len(epochs) == 1 else None
            axes.plot(numbers, watched, color=colour, linewidth=1.4, marker=marker, label=label)
            axes.plot(numbers, learnt, color=colour, linewidth=0.8, marker=marker, linestyle="--")
            starts = np.cumsum([len(phase) for phase in trained.history.values()])[:-1]
            for start in starts:
                axes.axvline(start + 0.5, color=colour, linewidth=0.5, linestyle=":")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("epoch")
        axes.set_ylabel("balanced accuracy")
        axes.grid()
        _legend_above(axes)

    return _figure(draw, 3.0)


def _look(place: int, last: int = -1) -> tuple[str, str]:
    """Returns colour and marker of a recipe; the last one is the baseline, in grey."""
    if place == last:
        return _GREY, "x"
    return _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]


def _legend_above(axes: Axes) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=8, borderaxespad=0.2)


def _figure(draw: Callable[[Axes], None], height: float) -> str:
    """Returns an `<svg>` element that scales with the page."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :].replace(_INK, "currentColor")
