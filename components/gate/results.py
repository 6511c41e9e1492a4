"""The results of the Evaluator as plain numbers; the metrics of a class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.gate.evaluation_files import (
    BASELINE,
    metric,
    read_slices,
    read_validation,
    slice_of,
)
from components.gate.metric_names import recall_name
from components.uncertainty.intervals import wilson_interval

Slice = tuple[tuple[str, str], ...]
OVERALL: Slice = ()


@dataclass(frozen=True)
class ClassResult:
    """The metrics of a class against the rest. A prediction is the class of highest probability.

    Attributes:
        label: the class.
        cases: images of the class.
        hits: of these, predicted as the class (true positives).
        recall: hits / cases (sensitivity); NaN without cases.
        low: Wilson 95 % lower bound of the recall.
        high: upper bound.
        precision: share of the predictions of the class that are right (positive predictive
            value); NaN without such predictions.
        specificity: share of the other images that are not predicted as the class.
        f1: harmonic mean of recall and precision.
        auc: area under the ROC curve; NaN if not measured, or without images of either kind.
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
    """A metric that missed its threshold.

    Attributes:
        metric: its name.
        value: measured; NaN if undefined.
        bound: the threshold; for a change, the largest fall allowed, as a negative number.
        is_change: whether the threshold is on the change against the baseline.
        slice: of the data; empty for the whole test split.
        message: of TFMA; may be empty.
    """

    metric: str
    value: float
    bound: float
    is_change: bool
    slice: Slice
    message: str


@dataclass(frozen=True)
class Results:
    """The results of the Evaluator.

    Attributes:
        blessed: whether every threshold was met.
        matrices: slice → confusion matrix [C, C] of counts, true class by prediction.
        classes: overall result of each class, in order.
        baseline: class → recall of the baseline model; empty without one.
        failures: thresholds that were missed.
    """

    blessed: bool
    matrices: Mapping[Slice, np.ndarray]
    classes: tuple[ClassResult, ...]
    baseline: Mapping[str, float]
    failures: tuple[Failure, ...]


def load_results(evaluation_uri: str, labels: tuple[str, ...]) -> Results:
    """Reads the output `evaluation` of the Evaluator.

    Args:
        evaluation_uri: of the artifact.
        labels: the classes, in the order of the model's outputs.
    """
    validation = read_validation(evaluation_uri)
    slices = {slice_of(found.slice_key): found for found in read_slices(evaluation_uri)}
    matrices = {key: _matrix(found, len(labels)) for key, found in slices.items()}
    overall, matrix = slices[OVERALL], matrices[OVERALL]
    results = tuple(
        class_result(matrix, index, label, metric(overall, "auc", index).double_value.value)
        for index, label in enumerate(labels)
    )
    before = {label: metric(overall, recall_name(label), model=BASELINE) for label in labels}
    return Results(
        blessed=validation.validation_ok,
        matrices=matrices,
        classes=results,
        baseline={label: found.double_value.value for label, found in before.items() if found},
        failures=tuple(_failures(validation)),
    )


def class_result(
    matrix: np.ndarray, index: int, label: str, auc: float = float("nan")
) -> ClassResult:
    """Returns the metrics of a class.

    Args:
        matrix: confusion matrix [C, C] of counts, true class by prediction.
        index: of the class.
        label: its name.
        auc: area under its ROC curve, if that was measured.
    """
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


def class_results(
    labels: NDArray[np.int64], probabilities: NDArray[np.floating], names: Sequence[str]
) -> tuple[ClassResult, ...]:
    """Returns the result of each class, with its exact AUC.

    Args:
        labels: index of the true class of each image, int64 [N].
        probabilities: [N, C].
        names: of the C classes.
    """
    matrix = confusion_matrix(labels, probabilities)
    return tuple(
        class_result(matrix, index, name, _exact_auc(labels == index, probabilities[:, index]))
        for index, name in enumerate(names)
    )


def confusion_matrix(
    labels: NDArray[np.int64], probabilities: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Returns counts [C, C] of true class (row) by the class with the highest probability."""
    matrix = np.zeros((probabilities.shape[1],) * 2)
    np.add.at(matrix, (labels, probabilities.argmax(-1)), 1)
    return matrix


def _exact_auc(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    from sklearn.metrics import roc_auc_score  # takes a second to import

    if truth.all() or not truth.any():
        return float("nan")
    return float(roc_auc_score(truth, scores))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _matrix(of_slice: Any, classes: int) -> np.ndarray:
    found = metric(of_slice, "confusion_matrix").multi_class_confusion_matrix_at_thresholds
    matrix = np.zeros((classes, classes))
    for entry in found.matrices[0].entries:
        if entry.predicted_class_id >= 0:
            matrix[entry.actual_class_id, entry.predicted_class_id] += entry.num_weighted_examples
    return matrix


def _failures(validation: Any) -> list[Failure]:
    found = []
    for of_slice in validation.metric_validations_per_slice:
        key = slice_of(of_slice.slice_key)
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
