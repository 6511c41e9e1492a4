"""What is held to a floor, and when it reaches it, wherever that is decided, shown or explained."""

from typing import Protocol

# A value equal to its threshold shall pass; TFMA compares strictly, and some metrics in float32.
TOLERANCE = 1e-6


class Measured(Protocol):
    """The recall of a class."""

    @property
    def recall(self) -> float:
        """As observed."""

    @property
    def low(self) -> float:
        """Lower bound of its 95 % interval."""


def held_quantity(floor_on: str) -> str:
    """Returns the quantity of `ClassMetric` that floors apply to.

    Args:
        floor_on: `evaluation.floor_on`.
    """
    return "recall_low" if floor_on == "lower_bound" else "recall"


def compared_quantity(floor_on: str) -> str:
    """Returns the quantity of `ClassMetric` that the allowed drop applies to.

    Args:
        floor_on: `evaluation.floor_on`.
    """
    return "change_low" if floor_on == "lower_bound" else "change"


def held(measured: Measured, floor_on: str) -> float:
    """Returns the value that is held to the floor."""
    return measured.low if floor_on == "lower_bound" else measured.recall


def reaches(value: float, floor: float) -> bool:
    """Whether a value is at least a floor; NaN is not."""
    return value >= floor - TOLERANCE
