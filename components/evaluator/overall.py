"""Accuracy and log loss of a whole slice, as TFMA metrics.

Those of Keras give the same values, but AutoGraph rewrites their code first, which takes longer
than the evaluation of hundreds of images.
"""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis.metrics import metric_types, metric_util

from components.evaluator.for_each_key import for_each_key
from components.evaluator.patient_counts import from_patients
from components.gate.patient_table import PatientTable

_LEAST = 1e-7  # probability, as in Keras: keeps the loss of a wrong prediction finite


class Accuracy(metric_types.Metric):
    """The share of images with a right top prediction.

    Args:
        source: digest of the source of this package, so that an edit changes the EvalConfig.
        name: of the metric.
    """

    def __init__(self, source: str = "", name: str = "accuracy"):
        super().__init__(for_each_key(_accuracy), source=source, name=name)


class LogLoss(metric_types.Metric):
    """The mean of -log of the probability of the true class.

    Args:
        source: see `Accuracy`.
        name: of the metric.
    """

    def __init__(self, source: str = "", name: str = "loss"):
        super().__init__(for_each_key(_log_loss), source=source, name=name)


def _accuracy(key: metric_types.MetricKey, eval_config: Any) -> metric_types.MetricComputations:
    return from_patients(_share_of_right, key, eval_config)


def _share_of_right(table: PatientTable) -> float:
    total = table.images.sum()
    right = table.images[table.labels == table.predicted].sum()
    return float(right / total) if total else float("nan")


def _log_loss(key: metric_types.MetricKey, eval_config: Any) -> metric_types.MetricComputations:
    combiner = _MeanLogLoss(key, eval_config)
    return [metric_types.MetricComputation(keys=[key], preprocessors=None, combiner=combiner)]


class _MeanLogLoss(beam.CombineFn):
    """Adds up losses and images, as a pair."""

    def __init__(self, key: metric_types.MetricKey, eval_config: Any):
        self._key, self._eval_config = key, eval_config

    def create_accumulator(self) -> tuple[float, float]:
        return 0.0, 0.0

    def add_input(self, sums: tuple[float, float], element: Any) -> tuple[float, float]:
        loss, images = sums
        for label, probabilities, weight in metric_util.to_label_prediction_example_weight(
            element,
            eval_config=self._eval_config,
            model_name=self._key.model_name,
            output_name=self._key.output_name,
            example_weighted=self._key.example_weighted,
            flatten=False,
        ):
            of_truth = float(probabilities[int(label.item())])
            loss -= float(weight.item()) * float(np.log(max(of_truth, _LEAST)))
            images += float(weight.item())
        return loss, images

    def merge_accumulators(self, several: Iterable[tuple[float, float]]) -> tuple[float, float]:
        losses, images = zip(*several, strict=True)
        return sum(losses), sum(images)

    def extract_output(self, sums: tuple[float, float]) -> dict[metric_types.MetricKey, float]:
        loss, images = sums
        return {self._key: loss / images if images else float("nan")}
