"""The content of the page, in plain values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from components.gate.predictions import Predictions
from components.gate.results import OVERALL, ClassResult, Results
from components.gate.verdict import Verdict, judge
from components.recipe.evaluation import EvaluationSection
from components.run_report.counts import QuarantineReason, SplitCounts
from components.run_report.figures import class_results
from components.run_report.gallery import Picture
from components.uncertainty.summary import UncertaintySummary

History = Mapping[str, Sequence[Mapping[str, float]]]


@dataclass(frozen=True)
class Outcome:
    """What happened after the verdict of the gate.

    Attributes:
        version: pushed, None if nothing was.
        refused: why the ServingValidator refused a blessed model; '' if it did not.
        signed: whether the site's key signed the pushed version.
    """

    version: int | None = None
    refused: str = ""
    signed: bool = False


@dataclass(frozen=True)
class Material:
    """The data and the code that the model was made from.

    Attributes:
        fingerprint: hex digest over the data files.
        splits: name → counts.
        quarantine: files left out, by reason.
        code: digest of the nodes' source.
        environment: what → version.
    """

    fingerprint: str
    splits: Mapping[str, SplitCounts]
    quarantine: Sequence[QuarantineReason]
    code: str
    environment: Mapping[str, str]

    def images_of(self, label: str) -> int:
        """Returns the images of a class in all splits."""
        return sum(counts.by_class.get(label, 0) for counts in self.splits.values())


@dataclass(frozen=True)
class Content:
    """The content of the page.

    Attributes:
        model: name under which it is pushed.
        recipe: plain values; of its sections `data` and `evaluation` are read.
        results: what the Evaluator found.
        predictions: of the test split.
        pictures: for the gallery.
        history: phase → logs of each epoch.
        uncertainty: what the Trainer measured on the eval split.
        audit: of the data, as `audit.json` holds it.
        outcome: pushed or not.
        material: what it was made from.
    """

    model: str
    recipe: Mapping[str, Any]
    results: Results
    predictions: Predictions
    pictures: Sequence[Picture]
    history: History
    uncertainty: UncertaintySummary
    audit: Mapping[str, Any]
    outcome: Outcome
    material: Material

    @property
    def evaluation(self) -> EvaluationSection:
        """The recipe's section."""
        return EvaluationSection.model_validate(self.recipe["evaluation"])

    @cached_property
    def verdict(self) -> Verdict:
        """Of the gate, in words."""
        return judge(self.results, self.evaluation)

    @cached_property
    def classes(self) -> tuple[ClassResult, ...]:
        """A result for each class, over the whole test split."""
        return class_results(self.predictions)

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall of the classes that the test split has; NaN without images."""
        recalls = [result.recall for result in self.classes if result.cases]
        return sum(recalls) / len(recalls) if recalls else math.nan

    @property
    def disagreements(self) -> int:
        """Images that the Evaluator counted in another cell of the confusion matrix."""
        gate = self.results.matrices[OVERALL]
        # Each such image is missing in one cell and too many in another.
        return round(float(abs(gate - self.predictions.matrix()).sum()) / 2)
