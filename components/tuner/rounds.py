"""Which trials of a search can be trained at the same time.

The first trials have values by chance, which spread over the space; they wait for nothing. The
values of later ones are chosen by the results of earlier trials, a few at once: those of one round
do not know each other's results. So a trial has the same values wherever and in whatever order its
round is trained, and a longer search begins with the trials of a shorter one.
"""

BY_CHANCE = 3  # trials for each key: KerasTuner's own number before it begins to model the results
AT_ONCE = 4  # trials of each later round


def trials_by_chance(keys: int) -> int:
    """Returns the number of trials in the first round of a search of so many keys."""
    return BY_CHANCE * keys


def known_before(number: int, keys: int) -> int:
    """Returns how many trials must have ended before the values of a trial can be chosen.

    Args:
        number: of the trial, from 1.
        keys: number of keys in the search space.
    """
    first = trials_by_chance(keys)
    return 0 if number <= first else first + (number - first - 1) // AT_ONCE * AT_ONCE
