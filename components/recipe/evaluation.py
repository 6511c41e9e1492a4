"""The section `evaluation`: what a model must reach to be blessed."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from components.recipe.base import Positive, Rate, Section, Share


class SliceRule(Section):
    """What the values of one feature are held to.

    Attributes:
        floor: lowest allowed recall of each class in each slice. None: slices are only reported.
        min_patients: smallest number of patients with images of a class in a slice; with fewer, the
            class is not held to the floor there, and the verdict says so.
    """

    floor: Rate | None = None
    min_patients: Positive = 30


class EvaluationSection(Section):
    """What a model must reach to be blessed.

    Attributes:
        recall_floor: lowest allowed recall: one number for every class, or class to number.
        floor_on: what decides: the `lower_bound` of the 95 % confidence interval, which counts
            patients, or the observed value (`point`).
        allowed_drop: largest allowed loss of recall of a class compared with the latest blessed
            model, on the same images. `floor_on` says whether the loss that can't be ruled out
            counts, or the observed one. None: the two are not compared.
        expected_recall: recall that you count on: one number for every class, or class to number.
            From it `medtfx plan` computes the chance to pass. None: it computes none.
        slices: features whose values are also evaluated separately, for example sex or site: a list
            of names, or name to rule.
        unreachable_floors: what happens before a training whose model would be refused even if all
            test images of a class were right: the run stops (`stop`), or says so (`report`).
        max_looks: how many models may be judged by the same images; where folds decide, each trial
            of `medtfx tune` is one. None: no limit.
        folds: number of folds of a cross-validation whose predictions decide, in place of a test
            split: for classes with too few images. Each image is predicted by a model that was
            trained without its patient; the model that is pushed is trained on the images of all
            folds. None: the test split decides.
    """

    recall_floor: Rate | dict[str, Rate]
    floor_on: Literal["point", "lower_bound"] = "lower_bound"
    allowed_drop: Share | None = 0.1
    expected_recall: Rate | dict[str, Rate] | None = None
    slices: dict[str, SliceRule] = {}
    unreachable_floors: Literal["stop", "report"] = "stop"
    max_looks: Positive | None = None
    folds: Annotated[int, Field(ge=2, le=20)] | None = None

    @field_validator("slices", mode="before")
    @classmethod
    def _of_names(cls, slices: object) -> object:
        if isinstance(slices, (list, tuple)):
            return {name: {} for name in slices}
        return slices

    @property
    def judged_on(self) -> str:
        """The images that decide, in words."""
        return judged_on(self.folds)

    def floor(self, name: str) -> float:
        """Returns the recall floor of a class."""
        return self.recall_floor[name] if isinstance(self.recall_floor, dict) else self.recall_floor

    def expected(self, name: str) -> float | None:
        """Returns the recall that is expected of a class; None if the recipe does not say."""
        if isinstance(self.expected_recall, dict):
            return self.expected_recall.get(name)
        return self.expected_recall


def judged_on(folds: int | None) -> str:
    """Returns the images that decide about a model, in words."""
    return f"{folds} folds of all images" if folds else "the test split"
