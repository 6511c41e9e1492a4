import threading
import time

from components.runtime.threads import map_in_threads


def test_results_come_in_order():
    def slow_when_even(number):
        time.sleep(0.002 * (number % 2 == 0))
        return number * number

    assert list(map_in_threads(slow_when_even, range(100))) == [n * n for n in range(100)]


def test_items_are_drawn_as_they_are_needed():
    drawn = []

    def items():
        for number in range(10_000):
            drawn.append(number)
            yield number

    results = map_in_threads(lambda number: number, items())
    assert next(results) == 0
    assert len(drawn) < 10_000
    results.close()


def test_the_work_is_done_by_several_threads():
    both = threading.Barrier(2, timeout=20)
    # Each of the first two waits for the other one.
    done = map_in_threads(lambda number: both.wait() if number < 2 else 0, range(4))
    assert sum(1 for _ in done) == 4
