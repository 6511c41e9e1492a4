"""Counts the images of each patient by true and predicted class, once for all metrics of the gate.

TFMA's own confusion matrix does not know the patients. Where there is a baseline, its prediction
for the same image is counted beside that of the model: TFMA asks it on a test split, and after a
cross-validation it is a feature of the Example.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import apache_beam as beam
import numpy as np
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.utils import model_util

from components.gate.patient_table import PatientTable

_NAME = "_patient_counts"  # TFMA keeps metrics with this first letter out of its results
_PATIENT, BASELINE_FEATURE = "patient", "baseline_index"

# (patient, true class, predicted class, class that the baseline predicts) → images
Counts = Counter[tuple[bytes, int, int, int]]


def from_patients(
    value: Callable[[PatientTable], float], key: metric_types.MetricKey, eval_config: Any
) -> metric_types.MetricComputations:
    """Returns the computations of a metric that needs the patients.

    Args:
        value: table of a slice → value of the metric.
        key: of the metric.
        eval_config: as TFMA gives it.
    """
    features = [_PATIENT, BASELINE_FEATURE] if _predictions_given(eval_config) else [_PATIENT]
    table_key = metric_types.MetricKey(
        name=_NAME, model_name=key.model_name, output_name=key.output_name
    )

    def result(metrics: dict[metric_types.MetricKey, Any]) -> dict[metric_types.MetricKey, float]:
        return {key: value(metrics[table_key])}

    return [
        metric_types.MetricComputation(
            keys=[table_key],
            preprocessors=[metric_types.FeaturePreprocessor(feature_keys=features)],
            combiner=_CountByPatient(table_key, eval_config),
        ),
        metric_types.DerivedMetricComputation(keys=[key], result=result),
    ]


def _predictions_given(eval_config: Any) -> bool:
    """Whether the Examples hold the predictions, as after a cross-validation."""
    return bool(eval_config) and not eval_config.model_specs[0].signature_name


class _CountByPatient(beam.CombineFn):
    def __init__(self, key: metric_types.MetricKey, eval_config: Any):
        self._key, self._eval_config = key, eval_config
        spec = model_util.get_baseline_model_spec(eval_config) if eval_config else None
        # The baseline has none itself.
        self._baseline = spec.name if spec and spec.name != key.model_name else None

    def create_accumulator(self) -> Counts:
        return Counter()

    def add_input(self, counts: Counts, element: Any) -> Counts:
        (patient,) = element[constants.FEATURES_KEY][_PATIENT].ravel()
        label, predicted = self._top(element, self._key.model_name)
        counts[patient, label, predicted, self._of_baseline(element)] += 1
        return counts

    def merge_accumulators(self, several: Iterable[Counts]) -> Counts:
        merged: Counts = Counter()
        for counts in several:
            merged.update(counts)
        return merged

    def extract_output(self, counts: Counts) -> dict[metric_types.MetricKey, PatientTable]:
        keys = list(counts)
        numbers = np.unique([key[0] for key in keys], return_inverse=True)[1].astype(np.int64)
        labels, predicted, baseline = np.array([key[1:] for key in keys], np.int64).reshape(-1, 3).T
        images = np.array([counts[key] for key in keys], np.int64)
        return {self._key: PatientTable(numbers, labels, predicted, baseline, images)}

    def _of_baseline(self, element: Any) -> int:
        """Returns the class that the baseline predicts, -1 where it predicts none."""
        if self._baseline is not None:
            return self._top(element, self._baseline)[1]
        given = element[constants.FEATURES_KEY].get(BASELINE_FEATURE)
        return -1 if given is None else int(given.ravel()[0])

    def _top(self, element: Any, model: str) -> tuple[int, int]:
        """Returns the true class, and the one that a model gives the highest probability."""
        label, probabilities, _ = next(
            metric_util.to_label_prediction_example_weight(
                element, eval_config=self._eval_config, model_name=model, flatten=False
            )
        )
        return int(label.item()), int(probabilities.argmax())
