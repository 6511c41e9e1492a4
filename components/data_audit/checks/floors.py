"""Classes whose recall floor can't be reached with the images of the test split."""

from collections.abc import Sequence

from components.data_audit.finding import Case, Found
from components.data_audit.image_record import ImageRecord
from components.gate.feasibility import REMEDY, prospects
from components.recipe.evaluation import EvaluationSection


def unreachable_floors(pictures: Sequence[ImageRecord], evaluation: EvaluationSection) -> Found:
    """Finds classes that the gate would refuse even if all their test images were right.

    Args:
        pictures: of all splits.
        evaluation: the recipe's section, with the floors.
    """
    classes = sorted({picture.label for picture in pictures})
    tested = [picture for picture in pictures if picture.split == "test"]
    cases = tuple(
        Case((), found.sentence)
        for found in prospects(tested, classes, evaluation)
        if not found.reachable
    )
    sentence = "every recall floor can be reached with the images of the test split"
    if cases:
        sentence = "no model can pass the gate: " + "; ".join(case.reason for case in cases)
    return Found("unreachable_floors", sentence, cases, REMEDY)
