"""What the gate decides by, and what its verdict quotes: recall and specificity of one class.

TFMA's own binarised Recall counts an image as found when its probability exceeds 0.5, and a
threshold on its `top_k` form never matches. Here the class with the highest probability is the
prediction, as in serving.
"""

import math
from collections.abc import Callable
from typing import Any

from tensorflow_model_analysis.metrics import metric_types

from components.evaluator.for_each_key import for_each_key
from components.evaluator.patient_counts import from_patients
from components.gate.patient_table import Change, PatientTable

Quantity = Callable[[PatientTable, int], float]


class ClassMetric(metric_types.Metric):
    """A number about one class.

    Args:
        class_id: index of the class.
        quantity: a name in `QUANTITIES`.
        floor: that the quantity is held to in slices, for `shortfall_*`.
        min_patients: with images of the class, below which a slice is not held to it.
        source: digest of the source of this package, so that an edit changes the EvalConfig.
        name: of the metric.
    """

    def __init__(
        self,
        class_id: int,
        quantity: str,
        floor: float = 0.0,
        min_patients: int = 0,
        source: str = "",
        name: str = "class_metric",
    ):
        super().__init__(
            for_each_key(_computations),
            class_id=class_id,
            quantity=quantity,
            floor=floor,
            min_patients=min_patients,
            source=source,
            name=name,
        )


def _computations(
    key: metric_types.MetricKey,
    eval_config: Any,
    class_id: int,
    quantity: str,
    floor: float,
    min_patients: int,
) -> metric_types.MetricComputations:
    def value(table: PatientTable) -> float:
        found = QUANTITIES[quantity](table, class_id)
        if not floor:
            return found
        return shortfall(found, table.bounds(class_id).patients, floor, min_patients)

    return from_patients(value, key, eval_config)


def shortfall(reached: float, patients: int, floor: float, min_patients: int) -> float:
    """Returns by how much a slice misses its floor; 0 where too few patients are in it.

    Args:
        reached: what is held to the floor; NaN without patients.
        patients: with images of the class in the slice.
        floor: lowest value allowed.
        min_patients: below which the slice is not held to the floor.
    """
    if patients < max(1, min_patients):
        return 0.0
    return max(0.0, floor - reached)


def _recall(table: PatientTable, index: int) -> float:
    """Returns the observed share; NaN without cases, which never passes a threshold."""
    of_class = table.labels == index
    cases = table.images[of_class].sum()
    hits = table.images[of_class & (table.predicted == index)].sum()
    return float(hits / cases) if cases else math.nan


def _compared(value: Callable[[Change], float], without: float) -> Quantity:
    """Returns a quantity of the comparison with the baseline; `without` where there is none.

    A class without images that both models predict has no value, which never passes a threshold.
    """

    def found(table: PatientTable, index: int) -> float:
        return without if (table.baseline < 0).all() else value(table.change(index))

    return found


QUANTITIES: dict[str, Quantity] = {
    "recall": _recall,
    "recall_low": lambda table, index: table.bounds(index).recall[0],
    "recall_high": lambda table, index: table.bounds(index).recall[1],
    "specificity_low": lambda table, index: table.bounds(index).specificity[0],
    "specificity_high": lambda table, index: table.bounds(index).specificity[1],
    "patients": lambda table, index: float(table.bounds(index).patients),
    "baseline": _compared(lambda change: change.before, math.nan),
    "change": _compared(lambda change: change.observed, 0.0),
    "change_low": _compared(lambda change: change.low, 0.0),
}
