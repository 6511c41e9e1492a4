"""The verdict of the recall gate in words."""

import math
from dataclasses import dataclass

import numpy as np

from components.gate.metric_names import lower_bound_name, recall_name
from components.gate.results import OVERALL, Failure, Results
from components.recipe.evaluation import EvaluationSection


@dataclass(frozen=True)
class Verdict:
    """The verdict of the recall gate.

    Attributes:
        blessed: whether the model may be pushed.
        reasons: one sentence for each threshold missed; empty when blessed.
        sentence: verdict and reasons, for terminal, report and log.
    """

    blessed: bool
    reasons: tuple[str, ...]
    sentence: str


def judge(results: Results, evaluation: EvaluationSection) -> Verdict:
    """Returns the verdict in words. TFMA decided; this only explains.

    Args:
        results: of the Evaluator.
        evaluation: the recipe's section, with the floors.
    """
    labels = [result.label for result in results.classes]
    if results.blessed:
        return Verdict(True, (), f"Blessed: {_margin(results, evaluation)}.")
    reasons = [_reason(failure, results, evaluation) for failure in results.failures]
    if collapse := _collapse(results.matrices[OVERALL], labels):
        reasons.insert(0, collapse)
    reasons = reasons or ["TFMA could not validate the model; see the log"]
    return Verdict(False, tuple(reasons), f"NOT blessed: {'; '.join(reasons)}.")


def _margin(results: Results, evaluation: EvaluationSection) -> str:
    bounded = evaluation.floor_on == "lower_bound"
    values = {r.label: (r.low if bounded else r.recall) for r in results.classes}
    # The class with the smallest margin is named.
    label = min(values, key=lambda name: values[name] - evaluation.floor(name))
    what = "lower bound of the recall" if bounded else "recall"
    text = (
        f"the {what} of every class is at least its floor; nearest to it is {label}, "
        f"{values[label]:.2f} against {evaluation.floor(label):.2f}"
    )
    if results.baseline and evaluation.allowed_drop is not None:
        text += (
            "; no class lost more than "
            f"{evaluation.allowed_drop:.2f} of recall against the latest blessed model"
        )
    return text


def _reason(failure: Failure, results: Results, evaluation: EvaluationSection) -> str:
    for result in results.classes:
        if failure.metric not in (recall_name(result.label), lower_bound_name(result.label)):
            continue
        if not result.cases:
            return f"the test split has no image of {result.label}"
        if failure.is_change:
            before = results.baseline.get(result.label, math.nan)
            return (
                f"{result.label} recall fell from {before:.2f} to {result.recall:.2f} against the "
                f"latest blessed model, more than the {evaluation.allowed_drop:.2f} allowed"
            )
        floor = evaluation.floor(result.label)
        found = f"{result.label} recall {result.recall:.2f} ({result.hits} of {result.cases})"
        if failure.metric == recall_name(result.label):
            return f"{found} is below its floor of {floor:.2f}"
        return f"{found}, lower bound {result.low:.2f}, is below its floor of {floor:.2f}"
    return (
        f"{failure.metric} = {failure.value:g} misses {failure.bound:g} {failure.message}".strip()
    )


def _collapse(matrix: np.ndarray, labels: list[str]) -> str | None:
    """Returns a clause if the model never predicts some of the classes."""
    predicted = matrix.sum(0) > 0
    if predicted.all():
        return None
    if predicted.sum() == 1:
        return f"the model answers {labels[int(predicted.argmax())]} for every image"
    never = [label for label, seen in zip(labels, predicted, strict=True) if not seen]
    return f"the model never answers {', '.join(never)}"
