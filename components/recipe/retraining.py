"""The section `retraining`: how much new data starts another training."""

from typing import Annotated, Literal

from pydantic import Field

from components.recipe.base import Section

Count = Annotated[int, Field(ge=0)]


class RetrainingSection(Section):
    """How much new data `run --if-new`, or a schedule on a cluster, needs to train again.

    A change of the recipe or of the code always starts a training.

    Attributes:
        min_new_patients: smallest number of patients that the last training has not seen. 0: one
            new image of a known patient is enough.
        min_new_per_class: class to the smallest number of new patients of that class, in addition
            to `min_new_patients`. A class that is not named needs none.
        removed: whether images that were removed since the last training start one (`train`) or
            not (`ignore`). A withdrawn consent is a reason to train without that patient.
        changed: whether files that were rewritten since the last training (images, the metadata
            CSV) start one (`train`) or not (`ignore`). A file counts as rewritten if its size or
            modification time has changed.
    """

    min_new_patients: Count = 1
    min_new_per_class: dict[str, Count] = {}
    removed: Literal["train", "ignore"] = "train"
    changed: Literal["train", "ignore"] = "train"
