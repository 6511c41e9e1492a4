"""The section `retraining`: what has to be new before a scheduled run trains again."""

from typing import Annotated, Literal

from pydantic import Field

from components.recipe.base import Section

Count = Annotated[int, Field(ge=0)]


class RetrainingSection(Section):
    """What has to be new before a run that may decline trains again.

    A change of the recipe or of the code always trains.

    Attributes:
        min_new_patients: fewest patients that the last training has not seen; 0 lets one new image
            of a known patient do.
        min_new_per_class: class to the fewest new patients of that class, beside the above; a class
            that is not named needs none.
        removed: whether images that are gone since `train` or are to be ignored. A withdrawn
            consent is a reason to train without that patient.
        changed: whether files that were rewritten since (images, the metadata CSV) `train` or are
            to be ignored. A copy that does not keep times counts as rewritten.
    """

    min_new_patients: Count = 1
    min_new_per_class: dict[str, Count] = {}
    removed: Literal["train", "ignore"] = "train"
    changed: Literal["train", "ignore"] = "train"
