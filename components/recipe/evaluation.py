"""The section `evaluation`: what a model must reach to be blessed."""

from typing import Literal

from components.recipe.base import Rate, Section, Share


class EvaluationSection(Section):
    """What a model must reach to be blessed.

    Attributes:
        recall_floor: lowest recall of every class, or one of each class.
        floor_on: `lower_bound` holds the Wilson 95 % lower bound to the floor, `point` the
            observed value.
        allowed_drop: most that the recall of a class may fall against the latest blessed model;
            none: no comparison.
        slices: features whose values are also evaluated apart, e.g. sex or site.
    """

    recall_floor: Rate | dict[str, Rate]
    floor_on: Literal["point", "lower_bound"] = "lower_bound"
    allowed_drop: Share | None = 0.05
    slices: tuple[str, ...] = ()

    def floor(self, name: str) -> float:
        """Returns the recall floor of class `name`."""
        return self.recall_floor[name] if isinstance(self.recall_floor, dict) else self.recall_floor
