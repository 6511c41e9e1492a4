import threading

import pytest

from components.runtime.parallel import in_order


def test_results_come_in_order_though_they_are_ready_in_another():
    second_is_done = threading.Event()

    def work(number):
        if number == 0:
            assert second_is_done.wait(10)
        if number == 1:
            second_is_done.set()
        return number * 10

    assert list(in_order(work, range(20), 2)) == [number * 10 for number in range(20)]


def test_only_so_many_groups_are_taken_ahead():
    taken = 0

    def groups():
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    for done, _ in enumerate(in_order(lambda number: number, groups(), 3), start=1):
        assert taken <= done + 2 * 3
    assert taken == 1000


def test_an_error_ends_it_after_the_results_before():
    begun = []

    def work(number):
        begun.append(number)
        if number == 3:
            raise TimeoutError(number)
        return number

    results = in_order(work, range(1000), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TimeoutError):
        next(results)
    assert len(begun) < 20
