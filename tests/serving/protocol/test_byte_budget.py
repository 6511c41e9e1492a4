import pytest

from serving.protocol.byte_budget import BusyError, ByteBudget


def test_bytes_are_counted_over_all_requests_and_free_again_at_their_end():
    budget = ByteBudget(10)
    with budget.hold() as first:
        first(6)
        with budget.hold() as second:
            second(4)
            with pytest.raises(BusyError):
                second(1)
        with budget.hold() as third:
            third(4)
    with budget.hold() as fourth:
        fourth(10)


def fail(budget):
    with budget.hold() as count:
        count(10)
        raise RuntimeError


def test_a_request_that_fails_gives_its_bytes_back():
    budget = ByteBudget(10)
    with pytest.raises(RuntimeError):
        fail(budget)
    with budget.hold() as count:
        count(10)
