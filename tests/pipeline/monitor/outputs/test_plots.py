import re
from dataclasses import replace

from pipeline.monitor.outputs import plots


def texts(svg):
    return [text.replace("\u200b", "").strip() for text in re.findall(r"<text[^>]*>([^<]+)<", svg)]


def test_every_check_is_in_the_picture_of_scores(alarmed):
    shown = texts(plots.scores_plot(alarmed))
    assert {finding.name for finding in alarmed.findings} <= set(shown)


def test_distributions_and_shares_show_both_samples(quiet):
    checks = {check.name: check for check in quiet.checks}
    drawn = texts(plots.distribution_plot(checks["contrast"]))
    assert {"reference", "now", "contrast"} <= set(drawn)
    finding = next(one for one in quiet.findings if one.name == "predicted classes")
    assert {"reference", "now", "ill", "well"} <= set(texts(plots.shares_plot(finding)))


def test_names_are_no_mathematics(quiet):
    finding = next(one for one in quiet.findings if one.name == "predicted classes")
    odd = replace(finding, before={"$x$": 0.5, "_y": 0.5}, now={"$x$": 0.5, "_y": 0.5})
    assert {"$x$", "_y"} <= set(texts(plots.shares_plot(odd)))


def test_trends_have_a_line_for_each_class_and_a_tick_for_each_span(quiet):
    for draw in (plots.shares_trend, plots.recall_trend):
        shown = texts(draw(quiet.trend))
        assert {"ill", "well", "11-14", "11-21"} <= set(shown)
    assert "uncertain" in texts(plots.flags_trend(quiet.trend))
