"""The results of the Evaluator as plain numbers; the metrics of a class."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.gate.evaluation_files import metric, read_slices, read_validation, slice_of
from components.gate.metric_names import metric_name
from components.gate.patient_table import NO_PATIENTS, ClassBounds, PatientTable

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
        low: lower bound of the 95 % interval of the recall, which counts patients.
        high: upper bound.
        precision: share of the predictions of the class that are right (positive predictive
            value); NaN without such predictions.
        specificity: share of the other images that are not predicted as the class.
        f1: harmonic mean of recall and precision.
        auc: area under the ROC curve; NaN if not measured, or without images of either kind.
        patients: with images of the class.
        specificity_low: lower bound of the 95 % interval of the specificity.
        specificity_high: upper bound.
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
    patients: int = field(kw_only=True)
    specificity_low: float = field(kw_only=True)
    specificity_high: float = field(kw_only=True)


@dataclass(frozen=True)
class Failure:
    """A metric that missed its threshold.

    Attributes:
        metric: its name.
        value: measured; NaN if undefined.
        bound: the threshold; for a change, the largest fall allowed, as a negative number; for a
            shortfall 0.
        slice: of the data; empty for the whole test split.
        message: of TFMA; may be empty.
    """

    metric: str
    value: float
    bound: float
    slice: Slice
    message: str


@dataclass(frozen=True)
class Results:
    """The results of the Evaluator.

    Attributes:
        blessed: whether every threshold was met.
        matrices: slice → confusion matrix [C, C] of counts, true class by prediction.
        classes: overall result of each class, in order.
        slices: slice → result of each class in it, in order; without the whole test split.
        baseline: class → recall of the baseline, on the images that both predict; empty without
            one.
        changes: class → lower bound of the recall less that of the baseline; empty without one.
        observed_changes: class → the observed difference; empty without a baseline.
        failures: thresholds that were missed.
    """

    blessed: bool
    matrices: Mapping[Slice, np.ndarray]
    classes: tuple[ClassResult, ...]
    baseline: Mapping[str, float]
    failures: tuple[Failure, ...]
    changes: Mapping[str, float] = field(default_factory=dict)
    observed_changes: Mapping[str, float] = field(default_factory=dict)
    slices: Mapping[Slice, tuple[ClassResult, ...]] = field(default_factory=dict)


def load_results(evaluation_uri: str, labels: tuple[str, ...]) -> Results:
    """Reads the output `evaluation` of the Evaluator.

    Args:
        evaluation_uri: of the artifact.
        labels: the classes, in the order of the model's outputs.
    """
    validation = read_validation(evaluation_uri)
    slices = {slice_of(found.slice_key): found for found in read_slices(evaluation_uri)}
    matrices = {key: _matrix(found, len(labels)) for key, found in slices.items()}
    by_slice = {
        key: tuple(
            class_result(
                matrices[key],
                index,
                label,
                _bounds(of_slice, label),
                metric(of_slice, "auc", index).double_value.value,
            )
            for index, label in enumerate(labels)
        )
        for key, of_slice in slices.items()
    }
    overall = slices[OVERALL]
    before = {label: _value(overall, "baseline", label) for label in labels}
    # Without a baseline no class has a value, with one those that both models predict images of.
    compared = [] if all(map(math.isnan, before.values())) else labels
    return Results(
        blessed=validation.validation_ok,
        matrices=matrices,
        classes=by_slice.pop(OVERALL),
        slices=by_slice,
        baseline={label: before[label] for label in compared},
        changes={label: _value(overall, "change_low", label) for label in compared},
        observed_changes={label: _value(overall, "change", label) for label in compared},
        failures=tuple(_failures(validation)),
    )


def class_result(
    matrix: np.ndarray,
    index: int,
    label: str,
    bounds: ClassBounds = NO_PATIENTS,
    auc: float = float("nan"),
) -> ClassResult:
    """Returns the metrics of a class.

    Args:
        matrix: confusion matrix [C, C] of counts, true class by prediction.
        index: of the class.
        label: its name.
        bounds: of the class, by patients, if these are known.
        auc: area under its ROC curve, if that was measured.
    """
    hits, cases = float(matrix[index, index]), float(matrix[index].sum())
    answered, total = float(matrix[:, index].sum()), float(matrix.sum())
    return ClassResult(
        label=label,
        cases=int(cases),
        hits=int(hits),
        recall=_share(hits, cases),
        low=bounds.recall[0],
        high=bounds.recall[1],
        precision=_share(hits, answered),
        specificity=_share(total - cases - (answered - hits), total - cases),
        f1=_share(2 * hits, cases + answered),
        auc=auc,
        patients=bounds.patients,
        specificity_low=bounds.specificity[0],
        specificity_high=bounds.specificity[1],
    )


def class_results(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    names: Sequence[str],
    patients: Sequence[str] | NDArray[np.str_],
) -> tuple[ClassResult, ...]:
    """Returns the result of each class, with its exact AUC.

    Args:
        labels: index of the true class of each image, int64 [N].
        probabilities: [N, C].
        names: of the C classes.
        patients: hash of each image's patient, [N].
    """
    matrix = confusion_matrix(labels, probabilities)
    table = PatientTable.of_images(patients, labels, probabilities.argmax(-1))
    return tuple(
        class_result(
            matrix,
            index,
            name,
            table.bounds(index),
            _exact_auc(labels == index, probabilities[:, index]),
        )
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


def _bounds(of_slice: Any, label: str) -> ClassBounds:
    def both(quantity: str) -> tuple[float, float]:
        low, high = (_value(of_slice, f"{quantity}_{end}", label) for end in ("low", "high"))
        return low, high

    patients = round(_value(of_slice, "patients", label))
    return ClassBounds(patients, both("recall"), both("specificity"))


def _value(of_slice: Any, quantity: str, label: str) -> float:
    return float(metric(of_slice, metric_name(quantity, label)).double_value.value)


def _failures(validation: Any) -> list[Failure]:
    found = []
    for of_slice in validation.metric_validations_per_slice:
        key = slice_of(of_slice.slice_key)
        for failure in of_slice.failures:
            bound = failure.metric_threshold.value_threshold.lower_bound.value
            value = failure.metric_value.double_value.value
            found.append(
                Failure(failure.metric_key.name, value, bound, key, failure.message.strip())
            )
    return found
