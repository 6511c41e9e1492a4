"""The section `evaluation`: what a model must reach to be blessed."""

from typing import Literal

from components.recipe.base import Rate, Section, Share


class EvaluationSection(Section):
    """What a model must reach to be blessed.

    Attributes:
        recall_floor: lowest allowed recall: one number for every class, or class to number.
        floor_on: what must reach the floor: the `lower_bound` of the recall's 95 % confidence
            interval (Wilson), or the observed value (`point`).
        allowed_drop: largest allowed loss of recall of a class compared with the latest blessed
            model. None: the two are not compared.
        slices: features whose values are also evaluated separately, for example sex or site.
    """

    recall_floor: Rate | dict[str, Rate]
    floor_on: Literal["point", "lower_bound"] = "lower_bound"
    allowed_drop: Share | None = 0.05
    slices: tuple[str, ...] = ()

    def floor(self, name: str) -> float:
        """Returns the recall floor of a class."""
        return self.recall_floor[name] if isinstance(self.recall_floor, dict) else self.recall_floor
