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


def test_a_resumed_training_is_not_credited_with_what_was_done_before(clock):
    screen = screen_on_file()
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        shown.progressed(Progress(10, 20, "epochs"))
        clock.now += 60
        shown.progressed(Progress(12, 20, "epochs", "val_loss 0.31"))
    # Two epochs a minute; twelve were not done in it.
    assert screen.lines == [
        "  [6/9] Trainer            60 s · 12/20 epochs · about 4 min to go · val_loss 0.31"
    ]


def test_the_first_report_is_no_base_for_an_estimate(clock):
    screen = screen_on_file()
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        clock.now += 20
        shown.progressed(Progress(1, 20, "epochs"))
    assert screen.lines == ["  [6/9] Trainer            20 s · 1/20 epochs"]


def test_until_then_the_estimate_is_what_the_node_took_before(clock):
    screen = screen_on_file(Trainer=600.0)
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        clock.now += 30
        shown.progressed(Progress(1, 20, "epochs"))
    assert screen.lines == ["  [6/9] Trainer            30 s · 1/20 epochs · about 10 min to go"]


def test_an_estimate_never_falls_below_zero(clock):
    screen = screen_on_file(Trainer=10.0)
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        clock.now += 30
        shown.progressed(Progress(0, 20, "epochs"))
    assert screen.lines[0].endswith("about 0 s to go")


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


def test_words_of_a_node_are_no_markup(clock):
    screen = screen_on_file()
    with screen.display as shown:
        shown.node_started("Trainer", 6, 9)
        clock.now += 20
        shown.progressed(Progress(1, 2, "epochs", "[bold] fine-tuning"))
    assert screen.lines[0].endswith("[bold] fine-tuning")


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
