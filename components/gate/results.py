"""Reads what the Evaluator wrote into plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.gate.metric_names import recall_name
from components.uncertainty.intervals import wilson_interval

Slice = tuple[tuple[str, str], ...]
OVERALL: Slice = ()


@dataclass(frozen=True)
class ClassResult:
    """How a class fared.

    Attributes:
        label: the class.
        cases: images of the class in the test split.
        hits: of these, answered so.
        recall: hits / cases (sensitivity).
        low: Wilson 95 % lower bound of the recall.
        high: upper bound.
        precision: of the images answered so, the share that is right; NaN without answers.
        specificity: of the other images, the share not answered so.
        f1: harmonic mean of recall and precision.
        auc: area under the ROC curve against the other classes; NaN if not measured.
    """

    label: str
    cases: int
    hits: int
    recall: float
    low: float
    high: float
    precision: float
    specificity: float
    f1: float
    auc: float


@dataclass(frozen=True)
class Failure:
    """A threshold that was missed.

    Attributes:
        metric: name of the metric.
        value: what was reached; NaN if undefined.
        bound: what was asked; for a change, the largest fall allowed, as a negative number.
        is_change: whether it is a change against the baseline.
        slice: of the data, empty for the whole test split.
        message: TFMA's own words, if it has any.
    """

    metric: str
    value: float
    bound: float
    is_change: bool
    slice: Slice
    message: str


@dataclass(frozen=True)
class Results:
    """What the Evaluator found.

    Attributes:
        blessed: whether every threshold was met.
        matrices: slice → confusion matrix [C, C] of counts, truth by answer.
        classes: overall result of each class, in order.
        baseline: class → recall of the model compared with; empty without one.
        failures: what stands against the blessing.
    """

    blessed: bool
    matrices: Mapping[Slice, np.ndarray]
    classes: tuple[ClassResult, ...]
    baseline: Mapping[str, float]
    failures: tuple[Failure, ...]


def load_results(evaluation_uri: str, labels: tuple[str, ...]) -> Results:
    """Reads the evaluation artifact.

    Args:
        evaluation_uri: of the Evaluator's output `evaluation`.
        labels: the classes, in the order of the model's outputs.
    """
    import tensorflow_model_analysis as tfma

    validation = tfma.load_validation_result(evaluation_uri)
    loaded = tfma.load_eval_result(evaluation_uri)
    metrics = dict(loaded.slicing_metrics)
    matrices = {key: _matrix(found, len(labels)) for key, found in metrics.items()}
    matrix = matrices[OVERALL]
    results = tuple(
        class_result(matrix, index, label, _auc(metrics[OVERALL], index))
        for index, label in enumerate(labels)
    )
    return Results(
        blessed=validation.validation_ok,
        matrices=matrices,
        classes=results,
        baseline=_baseline_recalls(evaluation_uri, labels) if _has_baseline(loaded) else {},
        failures=tuple(_failures(validation)),
    )


def class_result(
    matrix: np.ndarray, index: int, label: str, auc: float = float("nan")
) -> ClassResult:
    """Derives a class's numbers from a confusion matrix [C, C], truth by answer."""
    hits, cases = float(matrix[index, index]), float(matrix[index].sum())
    answered, total = float(matrix[:, index].sum()), float(matrix.sum())
    low, high = wilson_interval(hits, cases)
    recall, precision = _share(hits, cases), _share(hits, answered)
    return ClassResult(
        label=label,
        cases=int(cases),
        hits=int(hits),
        recall=recall,
        low=low,
        high=high,
        precision=precision,
        specificity=_share(total - cases - (answered - hits), total - cases),
        f1=_share(2 * hits, cases + answered),
        auc=auc,
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _matrix(metrics: Mapping[str, Any], classes: int) -> np.ndarray:
    found = metrics[""][""]["confusion_matrix"]["multiClassConfusionMatrixAtThresholds"]
    matrix = np.zeros((classes, classes))
    for entry in found["matrices"][0].get("entries", []):
        truth, answer = entry.get("actualClassId", 0), entry.get("predictedClassId", 0)
        if answer >= 0:
            matrix[truth, answer] += entry["numWeightedExamples"]
    return matrix


def _auc(metrics: Mapping[str, Any], index: int) -> float:
    return float(metrics[""][f"classId:{index}"]["auc"]["doubleValue"])


def _has_baseline(loaded: Any) -> bool:
    return any(spec.is_baseline for spec in loaded.config.model_specs)


def _baseline_recalls(evaluation_uri: str, labels: tuple[str, ...]) -> dict[str, float]:
    import tensorflow_model_analysis as tfma

    loaded = tfma.load_eval_result(evaluation_uri, model_name=tfma.constants.BASELINE_KEY)
    overall = dict(loaded.slicing_metrics)[OVERALL][""][""]
    return {label: float(overall[recall_name(label)]["doubleValue"]) for label in labels}


def _failures(validation: Any) -> list[Failure]:
    found = []
    for of_slice in validation.metric_validations_per_slice:
        key = tuple(
            (part.column, part.bytes_value.decode(errors="replace"))
            for part in of_slice.slice_key.single_slice_keys
        )
        for failure in of_slice.failures:
            change = failure.metric_threshold.HasField("change_threshold")
            threshold = failure.metric_threshold
            bound = (
                threshold.change_threshold.absolute.value
                if change
                else threshold.value_threshold.lower_bound.value
            )
            value = failure.metric_value.double_value.value
            found.append(
                Failure(failure.metric_key.name, value, bound, change, key, failure.message.strip())
            )
    return found
