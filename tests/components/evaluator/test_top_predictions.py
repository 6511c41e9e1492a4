"""From TFMA's confusion matrix to a metric."""

import pytest
from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.metrics.multi_class_confusion_matrix_metrics import MatrixEntryKey

from components.evaluator.top_predictions import from_predictions


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_metric_is_computed_from_the_predictions_of_its_own_model(name):
    key = metric_types.MetricKey(name="wrong", model_name=name)
    *before, derived = from_predictions(
        lambda cells: sum(n for cell, n in cells.items() if len(set(cell)) > 1), key, None
    )
    matrix = before[-1].keys[-1]
    assert matrix.model_name == name and derived.keys == [key]
    cells = {MatrixEntryKey(0, 0): 5.0, MatrixEntryKey(0, 1): 2.0, MatrixEntryKey(1, 0): 1.0}
    assert derived.result({matrix: {0.0: cells}}) == {key: 3.0}
