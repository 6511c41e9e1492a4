"""Recall of one class by the top prediction, as TFMA metrics with thresholds.

TFMA's own binarised Recall counts an image as found when its probability exceeds 0.5, and a
threshold on its `top_k` form never matches. These are computed from the multi-class confusion
matrix at threshold 0, so the class with the highest probability is the prediction, as in serving.
"""

import math
from typing import Any

from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.metrics import multi_class_confusion_matrix_metrics as matrix_metrics

from components.evaluator.top_predictions import Cells, from_predictions
from components.uncertainty.intervals import wilson_interval


class ClassRecall(metric_types.Metric):
    """Recall of a class: share of the images of `class_id` that are predicted as `class_id`.

    Args:
        class_id: index of the class.
        bound: `point` for the observed share, `lower_bound` for its Wilson 95 % lower bound.
        source: digest of the source of this package, so that an edit changes the EvalConfig.
        name: of the metric.
    """

    def __init__(
        self,
        class_id: int,
        bound: str = "point",
        source: str = "",
        name: str = "class_recall",
    ):
        super().__init__(
            metric_util.merge_per_key_computations(_computations),
            class_id=class_id,
            bound=bound,
            source=source,
            name=name,
        )


def _computations(
    class_id: int = 0,
    bound: str = "point",
    source: str = "",
    name: str = "class_recall",
    eval_config: Any = None,
    model_name: str = "",
    output_name: str = "",
    example_weighted: bool = False,
) -> metric_types.MetricComputations:
    del source
    key = metric_types.MetricKey(
        name=name,
        model_name=model_name,
        output_name=output_name,
        example_weighted=example_weighted,
    )

    def value(cells: Cells) -> float:
        cases = sum(count for cell, count in cells.items() if cell.actual_class_id == class_id)
        hits = cells.get(matrix_metrics.MatrixEntryKey(class_id, class_id), 0.0)
        return recall_value(hits, cases, bound)

    return from_predictions(value, key, eval_config)


def recall_value(hits: float, cases: float, bound: str) -> float:
    """Returns the value for the threshold; NaN without cases, which never passes.

    Args:
        hits: images of the class that are predicted as it.
        cases: images of the class.
        bound: `point` or `lower_bound`.
    """
    if cases <= 0:
        return math.nan
    return hits / cases if bound == "point" else wilson_interval(hits, cases)[0]
