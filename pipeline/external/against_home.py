"""The difference between two recalls that were measured on different images.

The images here are others than those of the home test split, so nothing can be paired. The interval
of the difference follows from the interval of each share (Newcombe 1998, Statistics in Medicine
17:873-890, method 10; Zou & Donner 2008, 27:1693-1702, for intervals of any kind). Both count
patients, so this one does, too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from components.gate.results import ClassResult


@dataclass(frozen=True)
class Difference:
    """The recall of a class here less the recall at home.

    Attributes:
        label: the class.
        here: recall on these images.
        home: recall on the test split of the run that made the model.
        home_low: lower bound of its 95 % interval.
        home_high: upper bound.
        difference: here less home.
        low: lower bound of its 95 % interval, in -1..1.
        high: upper bound.
    """

    label: str
    here: float
    home: float
    home_low: float
    home_high: float
    difference: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def against_home(
    here: Sequence[ClassResult], home: Sequence[ClassResult]
) -> tuple[Difference, ...]:
    """Returns the difference of each class that was measured at both places."""
    at_home = {result.label: result for result in home if result.cases}
    return tuple(
        _difference(result, at_home[result.label])
        for result in here
        if result.cases and result.label in at_home
    )


def _difference(here: ClassResult, home: ClassResult) -> Difference:
    low, high = unpaired_interval(
        (here.recall, here.low, here.high), (home.recall, home.low, home.high)
    )
    return Difference(
        here.label,
        here.recall,
        home.recall,
        home.low,
        home.high,
        here.recall - home.recall,
        low,
        high,
    )


def unpaired_interval(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> tuple[float, float]:
    """Returns the 95 % interval of one share less another, measured on other subjects.

    Args:
        one: the share, and lower and upper bound of its interval.
        other: of the other share.
    """
    (first, low, high), (second, other_low, other_high) = one, other
    difference = first - second
    return (
        difference - math.hypot(first - low, other_high - second),
        difference + math.hypot(high - first, second - other_low),
    )
