"""The recall of the model where it works, once labels are known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.gate.floors import held, reaches
from components.gate.results import ClassResult, class_results
from components.recipe.evaluation import EvaluationSection
from pipeline.monitor.labels.labels import Matched
from serving.request_log.reader import Logged

Verdict = Literal["reaches", "open", "below"]


@dataclass(frozen=True)
class LiveRecall:
    """The recall of a class, and what that means for its floor.

    Attributes:
        result: of the class; its interval counts patients.
        floor: of the recipe.
        verdict: 'reaches' as the gate decides; 'below': even the upper bound is below the floor;
            else 'open': there are too few labels to say.
    """

    result: ClassResult
    floor: float
    verdict: Verdict


@dataclass(frozen=True)
class Correction:
    """A prediction that a person disagrees with.

    Attributes:
        image: SHA-256 of the file.
        predicted: class of the model.
        label: class of the person.
        probability: of the predicted class.
    """

    image: str
    predicted: str
    label: str
    probability: float


@dataclass(frozen=True)
class Truth:
    """What the labels say.

    Attributes:
        unmatched: labels without a prediction in the span.
        images: with a prediction and a label.
        patients: of these images.
        by_patient: whether the file names patients; else each study, or image, counts as one.
        classes: of each class with labels.
        corrections: the surest first.
    """

    unmatched: int
    images: int
    patients: int
    by_patient: bool
    classes: tuple[LiveRecall, ...]
    corrections: tuple[Correction, ...]

    @property
    def below(self) -> tuple[LiveRecall, ...]:
        """The classes that are below their floor for certain."""
        return tuple(one for one in self.classes if one.verdict == "below")


def judge_by_labels(
    logged: Logged, matched: Matched, classes: tuple[str, ...], rules: EvaluationSection
) -> Truth:
    """Compares the last prediction for each image with its label.

    Args:
        logged: of the span.
        matched: the labels of its predictions.
        classes: of the model.
        rules: the recipe's floors.
    """
    truth = np.array([label.index for label in matched.labels.values()], np.int64)
    patients = np.array([label.patient for label in matched.labels.values()])
    probabilities = logged.probabilities[list(matched.rows.values())]
    results = class_results(truth, probabilities, classes, patients)
    return Truth(
        unmatched=len(matched.unmatched),
        images=len(truth),
        patients=len(np.unique(patients)),
        by_patient=matched.by_patient,
        classes=tuple(_live(one, rules) for one in results if one.cases),
        corrections=tuple(
            sorted(
                _corrections(list(matched.rows), truth, probabilities, classes),
                key=lambda one: -one.probability,
            )
        ),
    )


def _live(result: ClassResult, rules: EvaluationSection) -> LiveRecall:
    floor = rules.floor(result.label)
    verdict: Verdict = "open"
    if reaches(held(result, rules.floor_on), floor):
        verdict = "reaches"
    elif not reaches(result.high, floor):
        verdict = "below"
    return LiveRecall(result, floor, verdict)


def _corrections(
    images: list[str], truth: np.ndarray, probabilities: np.ndarray, classes: tuple[str, ...]
) -> Iterator[Correction]:
    predicted = probabilities.argmax(-1)
    for row in np.flatnonzero(predicted != truth):
        yield Correction(
            images[row],
            classes[predicted[row]],
            classes[truth[row]],
            float(probabilities[row, predicted[row]]),
        )
