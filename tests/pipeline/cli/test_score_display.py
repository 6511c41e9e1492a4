import io
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.cli import score_display
from pipeline.cli.score_display import print_summary, show_progress
from serving.score.origin import Origin
from serving.score.rows import Row
from serving.score.summary import Summary


@pytest.fixture
def summary():
    summary = Summary(Origin("chest", 7, ("a [1]", "b")), 100)
    summary.count_earlier(Row("1", "b", (0.4, 0.6), True, 7))
    summary.count_scored(
        [Row("2", "a [1]", (0.9, 0.1), False, 7), Row("3", error="truncated: it ends")]
    )
    return summary


def console(**settings):
    return Console(file=io.StringIO(), width=100, **settings)


def test_the_summary_has_labels_uncertain_failures_version_and_path(summary):
    screen = console()
    summary.elsewhere = 1
    print_summary(screen, summary, Counter({".txt": 2}), Path("out/predicted.csv"))
    text = screen.file.getvalue()
    rows = [line.split() for line in text.splitlines() if line.strip()]
    assert ["a", "[1]", "1", "0"] in rows and ["b", "1", "1"] in rows
    assert ["no", "label", "1", "-"] in rows
    assert "2 rows by version 7 of chest" in text and "1 are from an earlier run" in text
    assert "Without label: 1 truncated" in text
    assert "1 rows of files that are gone from the folder are kept" in text
    assert "Left out: 2 files that are no images (2 .txt)." in text
    assert "out/predicted.csv" in text and "Not a medical device" in text


def test_without_a_terminal_a_line_every_few_seconds(summary, monkeypatch):
    screen = console()
    with show_progress(screen) as report:
        report(summary)
        assert screen.file.getvalue() == ""  # just begun
        monkeypatch.setattr(score_display, "_SECONDS_BETWEEN_LINES", 0.0)
        report(summary)
    assert screen.file.getvalue().startswith("  3/100 images, ")
    assert screen.file.getvalue().endswith(" s left\n")


def test_on_a_terminal_a_bar_that_leaves_nothing_behind(summary):
    screen = console(force_terminal=True, color_system=None)
    with show_progress(screen) as report:
        report(summary)
    assert "3/100 images" in screen.file.getvalue()
