"""The confusion matrix of the top predictions, from which our metrics are computed.

TFMA's multi-class confusion matrix at threshold 0: the class with the highest probability is the
prediction, as in serving. TFMA computes it once for all metrics.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.metrics import multi_class_confusion_matrix_metrics as matrix_metrics

Cells = Mapping[matrix_metrics.MatrixEntryKey, float]  # (true class, predicted class) → images


def from_predictions(
    value: Callable[[Cells], float], key: metric_types.MetricKey, eval_config: Any
) -> metric_types.MetricComputations:
    """Returns the computations of a metric that needs only the confusion matrix.

    Args:
        value: cells of a slice → value of the metric.
        key: of the metric.
        eval_config: as TFMA gives it.
    """
    computations = matrix_metrics.multi_class_confusion_matrices(
        thresholds=[0.0],
        eval_config=eval_config,
        model_name=key.model_name,
        output_name=key.output_name,
        example_weighted=key.example_weighted,
    )
    matrix_key = computations[-1].keys[-1]

    def result(metrics: dict[metric_types.MetricKey, Any]) -> dict[metric_types.MetricKey, float]:
        return {key: value(metrics[matrix_key][0.0])}

    return [*computations, metric_types.DerivedMetricComputation(keys=[key], result=result)]
