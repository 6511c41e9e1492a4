"""How long what has failed waits before it is tried again."""

_LONGEST_DELAY = 300.0


def back_off(failures: int) -> float:
    """Returns the seconds after so many failures in a row: 1, 2, 4, ..., up to five minutes."""
    return min(2.0 ** min(max(failures - 1, 0), 20), _LONGEST_DELAY)
