"""The verdict of the recall gate in words."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from components.gate.floors import held
from components.gate.metric_names import metric_name, shortfall_name
from components.gate.results import OVERALL, ClassResult, Failure, Results
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
    notes = _not_held(results, evaluation) + by_folds_sentence(evaluation)
    if results.blessed:
        return Verdict(True, (), f"Blessed: {_margin(results, evaluation)}.{notes}")
    reasons = [_reason(failure, results, evaluation) for failure in results.failures]
    if collapse := _collapse(results.matrices[OVERALL], labels):
        reasons.insert(0, collapse)
    reasons = reasons or ["TFMA could not validate the model; see the log"]
    return Verdict(False, tuple(reasons), f"NOT blessed: {'; '.join(reasons)}.{notes}")


def by_folds_sentence(evaluation: EvaluationSection) -> str:
    """Returns a sentence about what the figures of a cross-validation are; '' without one."""
    if not evaluation.folds:
        return ""
    return (
        f" Judged by {evaluation.folds} models of folds, each on images of patients that it was "
        "not trained on; the model of this run was trained on the images of all folds."
    )


def _margin(results: Results, evaluation: EvaluationSection) -> str:
    bounded = evaluation.floor_on == "lower_bound"
    values = {result.label: held(result, evaluation.floor_on) for result in results.classes}
    # The class with the smallest margin is named.
    label = min(values, key=lambda name: values[name] - evaluation.floor(name))
    what = "lower bound of the recall" if bounded else "recall"
    text = (
        f"the {what} of every class is at least its floor; nearest to it is {label}, "
        f"{values[label]:.2f} against {evaluation.floor(label):.2f}"
    )
    if results.baseline and evaluation.allowed_drop is not None:
        lost = "can have lost" if bounded else "lost"
        text += (
            f"; no class {lost} more than "
            f"{evaluation.allowed_drop:.2f} of recall against the latest blessed model"
        )
    return text


def _reason(failure: Failure, results: Results, evaluation: EvaluationSection) -> str:
    for result in results.classes:
        label = result.label
        if failure.metric in _names(label, "change", "change_low"):
            return _fall(result, results, evaluation)
        if failure.metric in _names(label, "recall", "recall_low"):
            return below_floor(result, evaluation.floor(label), evaluation)
        for feature, rule in evaluation.slices.items():
            if rule.floor is not None and failure.metric == shortfall_name(feature, label):
                in_slice = next(r for r in results.slices[failure.slice] if r.label == label)
                where = ", ".join(f"{name} {value}" for name, value in failure.slice)
                return f"in {where}, {below_floor(in_slice, rule.floor, evaluation)}"
    return (
        f"{failure.metric} = {failure.value:g} misses {failure.bound:g} {failure.message}".strip()
    )


def _names(label: str, *quantities: str) -> list[str]:
    return [metric_name(quantity, label) for quantity in quantities]


def below_floor(result: ClassResult, floor: float, evaluation: EvaluationSection) -> str:
    """Returns why a class misses a floor, as a clause."""
    if not result.cases:
        return _no_image(result.label, evaluation)
    counts = f"{result.hits} of {result.cases}"
    if result.patients < result.cases:
        counts += f", {result.patients} patients"
    if evaluation.floor_on == "lower_bound":
        found = f"{result.recall:.2f} ({counts}), lower bound {_unlike(result.low, floor)},"
    else:
        found = f"{_unlike(result.recall, floor)} ({counts})"
    return f"{result.label} recall {found} is below its floor of {floor:.2f}"


def _no_image(label: str, evaluation: EvaluationSection) -> str:
    return f"{'there is' if evaluation.folds else 'the test split has'} no image of {label}"


def _unlike(value: float, floor: float) -> str:
    """Returns two decimals of a value, or three where it would read like its floor."""
    return f"{value:.3f}" if f"{value:.2f}" == f"{floor:.2f}" else f"{value:.2f}"


def _fall(result: ClassResult, results: Results, evaluation: EvaluationSection) -> str:
    if not result.cases:
        return _no_image(result.label, evaluation)
    before = results.baseline[result.label]
    if math.isnan(before):
        return (
            f"there is no image of {result.label} that the latest blessed model's folds predicted"
        )
    after = before + results.observed_changes[result.label]
    moved = f"{result.label} recall went from {before:.2f} to {after:.2f}"
    allowed = f"more than the {evaluation.allowed_drop:.2f} allowed"
    if evaluation.floor_on == "point":
        return f"{moved} against the latest blessed model, {allowed}"
    could = -results.changes.get(result.label, math.nan)
    return (
        f"{moved} against the latest blessed model: on these images a loss of {could:.2f} can't be "
        f"ruled out, {allowed}"
    )


def _not_held(results: Results, evaluation: EvaluationSection) -> str:
    """Returns a sentence about the slices that are too small for their floor; '' without any."""
    small = []
    for key, classes in results.slices.items():
        rule = evaluation.slices.get(key[0][0]) if len(key) == 1 else None
        if rule is None or rule.floor is None:
            continue
        small += [
            f"{result.label} in {key[0][0]} {key[0][1]} ({result.patients})"
            for result in classes
            if result.patients < rule.min_patients
        ]
    return not_held_sentence(small)


def not_held_sentence(small: Iterable[str]) -> str:
    """Returns a sentence about slices that are too small for their floor; '' without any."""
    listed = ", ".join(sorted(small))
    return f" Not held to a floor, for too few patients: {listed}." if listed else ""


def _collapse(matrix: np.ndarray, labels: list[str]) -> str | None:
    """Returns a clause if the model never predicts some of the classes."""
    predicted = matrix.sum(0) > 0
    if predicted.all():
        return None
    if predicted.sum() == 1:
        return f"the model predicts {labels[int(predicted.argmax())]} for every image"
    never = [label for label, seen in zip(labels, predicted, strict=True) if not seen]
    return f"the model never predicts {', '.join(never)}"
