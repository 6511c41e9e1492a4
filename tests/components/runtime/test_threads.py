import threading

import pytest

from components.runtime.threads import map_in_threads


def test_results_come_in_order_though_they_are_ready_in_another():
    second_is_done = threading.Event()

    def work(number):
        if number == 0:
            assert second_is_done.wait(10)
        if number == 1:
            second_is_done.set()
        return number * 10

    assert list(map_in_threads(work, range(20), 2)) == [number * 10 for number in range(20)]


def test_by_default_the_work_is_done_by_two_threads_or_more():
    both = threading.Barrier(2, timeout=20)
    # Each of the first two waits for the other one.
    done = map_in_threads(lambda number: both.wait() if number < 2 else 0, range(4))
    assert sum(1 for _ in done) == 4


def test_only_so_many_items_are_taken_ahead():
    taken = 0

    def items():
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    results = map_in_threads(lambda number: number, items(), threads=3, ahead=2)
    for done, _ in enumerate(results, start=1):
        assert taken <= done + 2 * 3
    assert taken == 1000


def test_an_error_ends_it_after_the_results_before():
    begun = []

    def work(number):
        begun.append(number)
        if number == 3:
            raise TimeoutError(number)
        return number

    results = map_in_threads(work, range(1000), threads=2, ahead=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TimeoutError):
        next(results)
    assert len(begun) < 20
