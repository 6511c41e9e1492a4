"""The metrics, fed as TFMA feeds them."""

import keras
import numpy as np
import pytest
from tensorflow_model_analysis.metrics import metric_types

from components.evaluator.overall import Accuracy, LogLoss

TRUTH = np.array([0, 1, 2, 2, 1])
ANSWERS = np.array(
    [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [1.0, 0.0, 0.0]],
    np.float32,
)


def measure(metric: metric_types.Metric) -> float:
    """Returns the value over two bundles of the images above."""
    computations = metric.computations(example_weighted=False)
    found = {}
    for computation in computations:
        if isinstance(computation, metric_types.DerivedMetricComputation):
            found |= computation.result(found)
            continue
        combiner = computation.combiner
        parts = []
        for rows in (range(2), range(2, len(TRUTH))):
            part = combiner.create_accumulator()
            for row in rows:
                part = combiner.add_input(part, _inputs(TRUTH[row], ANSWERS[row]))
            parts.append(part)
        found |= combiner.extract_output(combiner.merge_accumulators(parts))
    return found[computations[-1].keys[-1]]


def _inputs(truth: int, answer: np.ndarray) -> metric_types.StandardMetricInputs:
    return metric_types.StandardMetricInputs(
        label=np.array([truth]),
        prediction=answer,
        example_weight=np.array([1.0]),
        features={"patient": np.array([b"p"])},
    )


def test_accuracy_is_the_share_of_right_top_predictions():
    assert measure(Accuracy()) == 3 / 5


def test_loss_is_that_of_keras():
    expected = keras.losses.SparseCategoricalCrossentropy()(TRUTH, ANSWERS)
    assert measure(LogLoss()) == pytest.approx(float(expected), rel=1e-6)
