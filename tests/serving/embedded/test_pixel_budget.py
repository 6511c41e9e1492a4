import threading

import pytest

from serving.embedded.pixel_budget import PixelBudget
from tests.serving.conftest import eventually

PATIENCE = 30.0


def begin(budget, pixels, log):
    """Starts a request on a thread of its own; returns the event that ends it."""
    end = threading.Event()

    def run():
        with budget.hold(pixels):
            log.append(pixels)
            end.wait(PATIENCE)

    threading.Thread(target=run, daemon=True).start()
    return end


def test_requests_wait_for_their_turn_and_nobody_overtakes():
    budget, log = PixelBudget(10), []
    first = begin(budget, 6, log)
    eventually(lambda: log == [6])
    large = begin(budget, 9, log)
    eventually(budget._turn.locked)
    small = begin(budget, 1, log)  # would fit beside the first one
    assert not threading.Event().wait(0.2) and log == [6]
    first.set()
    eventually(lambda: log == [6, 9, 1])
    large.set(), small.set()
    eventually(lambda: budget._used == 0)


def test_one_with_more_than_all_runs_alone():
    budget = PixelBudget(10)
    with budget.hold(1_000):
        assert budget._used == 1_000


def test_what_fails_gives_its_pixels_back():
    budget = PixelBudget(10)
    with pytest.raises(RuntimeError), budget.hold(10):
        raise RuntimeError
    with budget.hold(10):
        pass
