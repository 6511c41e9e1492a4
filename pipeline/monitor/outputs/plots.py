"""The pictures of the page, in the style of the run's report."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from components.run_report.plots import COLOURS, INK, as_svg, legend_of, line
from pipeline.monitor.checks.checks import Check
from pipeline.monitor.checks.trend import Point
from pipeline.monitor.findings import Finding, Monitored

_POINTS = 400  # of a curve: more can't be seen and weigh
_BESIDE = ((0, "reference", -0.2), (1, "now", 0.2))  # colour, name, place


@as_svg
def scores_plot(axes: Axes, found: Monitored) -> None:
    """Draws the score of each check, and the limit."""
    findings = found.findings[::-1]
    places = range(len(findings))
    colours = [COLOURS[1] if one.alarm else COLOURS[0] for one in findings]
    axes.barh(places, [one.score for one in findings], color=colours, height=0.6)
    axes.axvline(found.limit, color=INK, linestyle="--", linewidth=1)
    axes.set_yticks(places, [_plain(one.name) for one in findings])
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="score (dashed: the limit)")


@as_svg
def distribution_plot(axes: Axes, check: Check) -> None:
    """Draws the cumulative distribution of a number in the reference and now."""
    for (index, name, _), values in zip(_BESIDE, (check.one, check.other), strict=True):
        known = values[np.isfinite(values)]
        shares = np.linspace(0, 1, min(_POINTS, len(known) + 1))
        axes.plot(np.quantile(known, shares), shares, **line(index, name))
    axes.set(xlabel=_plain(check.name), ylabel="share of the images at or below", ylim=(0, 1))
    legend_of(axes)


@as_svg
def shares_plot(axes: Axes, finding: Finding) -> None:
    """Draws shares or rates of the reference and of now, side by side."""
    names = list({**finding.before, **finding.now})
    places = np.arange(len(names))
    for (index, name, shift), values in zip(_BESIDE, (finding.before, finding.now), strict=True):
        heights = [values.get(category, 0.0) for category in names]
        axes.bar(places + shift, heights, 0.38, color=COLOURS[index], label=name)
    axes.set_xticks(places, [_plain(name) for name in names])
    axes.grid(axis="x", visible=False)
    axes.set(ylabel=_plain(finding.name))
    legend_of(axes)


@as_svg
def shares_trend(axes: Axes, points: Sequence[Point]) -> None:
    """Draws the share of each predicted class, a point a span."""
    _trend(axes, points, [point.shares for point in points], "share of the predictions")


@as_svg
def recall_trend(axes: Axes, points: Sequence[Point]) -> None:
    """Draws the estimated recall of each class, a point a span."""
    _trend(axes, points, [point.recalls for point in points], "estimated recall")


@as_svg
def flags_trend(axes: Axes, points: Sequence[Point]) -> None:
    """Draws the shares of uncertain and out-of-distribution predictions, a point a span."""
    rates = [
        {"uncertain": point.uncertain, "out of distribution": point.out_of_distribution}
        for point in points
    ]
    _trend(axes, points, rates, "share of the predictions")


def _trend(
    axes: Axes, points: Sequence[Point], values: Sequence[Mapping[str, float]], what: str
) -> None:
    for index, name in enumerate(values[0]):
        axes.plot([value[name] for value in values], marker="o", ms=4, **line(index, name))
    axes.set_xticks(range(len(points)), [point.since[5:10] for point in points], rotation=45)
    axes.set(xlabel="start (month-day)", ylabel=what, xlim=(-0.5, len(points) - 0.5))
    axes.set_ylim(bottom=0)
    legend_of(axes)


def _plain(name: str) -> str:
    """Returns a name that is not read as mathematics, and not left out for a first underscore."""
    return "\u200b" + name.replace("$", r"\$")
