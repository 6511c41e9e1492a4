import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from components.runtime.progress import Progress
from pipeline.runs import display
from pipeline.runs.display import Display
from pipeline.runs.records import NodeRecord


class Clock:
    """A clock that goes only when told to."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(display, "time", SimpleNamespace(monotonic=clock))
    return clock


class Screen:
    """A display on a file or a terminal, and the lines it wrote."""

    def __init__(self, usual, **console):
        self.file = io.StringIO()
        self.display = Display(Console(file=self.file, width=100, **console), usual)

    @property
    def lines(self):
        return self.file.getvalue().splitlines()


def screen_on_file(**usual):
    return Screen(usual)


def test_a_finished_node_is_one_line():
    screen = screen_on_file()
    with screen.display as shown:
        shown.node_started("StatisticsGen", 2, 9)
        shown.node_finished(NodeRecord("StatisticsGen", False, 4.26))
        shown.node_started("Trainer", 6, 9)
        shown.node_finished(NodeRecord("Trainer", True, 0.1))
    assert screen.lines == [
        "  [2/9] StatisticsGen      4.3 s",
        "  [6/9] Trainer            from the cache",
    ]


def test_progress_is_a_line_now_and_then(clock):
    screen = screen_on_file()
    with screen.display as shown:
        shown.node_started("ImageExampleGen", 1, 9)
        for done in range(1, 41):
            clock.now += 1
            shown.progressed(Progress(done, 40, "images"))
    assert screen.lines == [
        "  [1/9] ImageExampleGen    15 s · 15/40 images · about 25 s to go",
        "  [1/9] ImageExampleGen    30 s · 30/40 images · about 10 s to go",
    ]


@pytest.mark.parametrize(
    ("usual", "reports", "line"),
    [
        # Two epochs a minute; ten were done before it.
        (
            {},
            [(0, Progress(10, 20, "epochs")), (60, Progress(12, 20, "epochs", "val_loss 0.31"))],
            "60 s · 12/20 epochs · about 4 min to go · val_loss 0.31",
        ),
        ({}, [(20, Progress(1, 20, "epochs"))], "20 s · 1/20 epochs"),
        (
            {"Trainer": 600.0},  # what it took the last time
            [(30, Progress(1, 20, "epochs"))],
            "30 s · 1/20 epochs · about 10 min to go",
        ),
        (
            {"Trainer": 10.0},
            [(30, Progress(0, 20, "epochs"))],
            "30 s · 0/20 epochs · about 0 s to go",
        ),
        ({}, [(20, Progress(1, 2, "epochs", "[bold] text"))], "20 s · 1/2 epochs · [bold] text"),
    ],
    ids=["resumed", "first report", "usual time", "never below 0", "no markup"],
)
def test_how_far_a_node_is_and_how_long_it_will_take(clock, usual, reports, line):
    screen = screen_on_file(**usual)
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        for seconds, progress in reports:
            clock.now += seconds
            shown.progressed(progress)
    assert screen.lines == [f"  [6/9] Trainer            {line}"]


def test_another_unit_and_another_node_begin_anew(clock):
    screen = screen_on_file()
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        shown.progressed(Progress(0, 10, "epochs"))
        clock.now += 100
        shown.progressed(Progress(5, 10, "batches"))
        clock.now += 20
        shown.progressed(Progress(6, 10, "batches"))
        shown.node_started("Evaluator", 8, 9)
        clock.now += 20
        shown.progressed(Progress(7, 10, "batches"))
    assert [line.split(" · ")[1:] for line in screen.lines] == [
        ["5/10 batches"],
        ["6/10 batches", "about 80 s to go"],
        ["7/10 batches"],
    ]


def test_a_terminal_gets_a_live_line_that_gives_way(clock):
    screen = Screen({"Trainer": 90.0}, force_terminal=True)
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        clock.now += 30
        shown.progressed(Progress(1, 20, "epochs"))
        shown.node_finished(NodeRecord("Trainer", False, 30.0))
    written = screen.file.getvalue()
    assert "  [6/9] Trainer            30 s · 1/20 epochs · about 60 s to go" in written
    assert "  [6/9] Trainer            30.0 s\n" in written
    assert written.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # the cursor is back, the live line gone
    assert "15 s" not in written


def test_a_failed_node_gives_the_terminal_back():
    screen = Screen({}, force_terminal=True)
    screen.display.node_started("Trainer", 6, 9)
    with pytest.raises(RuntimeError), screen.display:
        raise RuntimeError
    hidden, shown_again = "\x1b[?25l", "\x1b[?25h"
    assert 0 <= screen.file.getvalue().rfind(hidden) < screen.file.getvalue().rfind(shown_again)
