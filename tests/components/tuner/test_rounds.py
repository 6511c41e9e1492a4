import pytest

from components.tuner.rounds import known_before, trials_by_chance


@pytest.mark.parametrize(
    ("number", "keys", "known"),
    [(1, 2, 0), (6, 2, 0), (7, 2, 6), (10, 2, 6), (11, 2, 10), (3, 1, 0), (4, 1, 3), (8, 1, 7)],
)
def test_a_trial_waits_for_the_rounds_before_its_own(number, keys, known):
    assert known_before(number, keys) == known


def test_no_trial_waits_for_a_later_one():
    assert all(known_before(number, 3) < number for number in range(1, 100))
    assert known_before(trials_by_chance(3), 3) == 0
