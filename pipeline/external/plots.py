"""The pictures of the page, in the style of the run's report."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from components.gate.results import ClassResult
from components.run_report.plots import COLOURS, INK, as_svg, legend_of, line
from pipeline.external.evaluation import External
from pipeline.external.net_benefit import NetBenefit

_MARKERS = ("o", "s", "D")


@as_svg
def recall_plot(axes: Axes, found: External, home: Sequence[ClassResult]) -> None:
    """Draws the recall of each class with its interval: here, at home, and of the baseline."""
    rows = [(found.classes, "here")]
    rows += [(tuple(home), "at home")] if home else []
    rows += [(found.shortcuts.classes, "size, format, grey alone")] if found.shortcuts else []
    labels = [result.label for result in found.classes]
    named: set[str] = set()
    for place, (results, name) in enumerate(rows):
        known = {result.label: result for result in results if result.cases}
        for row, label in enumerate(labels):
            if (result := known.get(label)) is None:
                continue
            at = row + 0.2 * (place - (len(rows) - 1) / 2)
            axes.plot([result.low, result.high], [at, at], color=COLOURS[place], linewidth=1.5)
            shown = "_nolegend_" if name in named else name
            named.add(name)
            axes.plot(result.recall, at, _MARKERS[place], color=COLOURS[place], label=shown)
    axes.set_yticks(range(len(labels)), ["\u200b" + name.replace("$", r"\$") for name in labels])
    axes.set(xlim=(-0.02, 1.02), xlabel="recall, with its 95 % interval")
    axes.invert_yaxis()
    axes.figure.legend(loc="outside lower center", ncols=3)


@as_svg
def decision_curves(axes: Axes, benefit: Mapping[str, Sequence[NetBenefit]]) -> None:
    """Draws the net benefit of the model, and dashed that of acting on everyone, by class."""
    for index, (label, points) in enumerate(benefit.items()):
        thresholds = [point.threshold for point in points]
        axes.plot(thresholds, [point.model for point in points], **line(index, label))
        everyone = [max(point.all, -0.05) for point in points]
        axes.plot(thresholds, everyone, color=COLOURS[index % len(COLOURS)], alpha=0.5, ls=":")
    axes.axhline(0, color=INK, alpha=0.5, linewidth=0.8)
    highest = max((point.model for points in benefit.values() for point in points), default=0.1)
    axes.set(xlabel="probability from which on somebody acts", ylabel="net benefit an image")
    axes.set_ylim(-0.05, max(0.1, float(np.ceil(highest * 20) / 20)))
    legend_of(axes)
