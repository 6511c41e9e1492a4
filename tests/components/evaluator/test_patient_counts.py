"""The combiner by itself; `tests/components/gate` runs it inside TFMA."""

from collections import Counter

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from components.evaluator.patient_counts import _CountByPatient

KEY = metric_types.MetricKey(name="_patient_counts")


def test_partial_counts_merge_to_one_table():
    combiner = _CountByPatient(KEY, None)
    parts = [Counter({(b"p", 0, 0, -1): 2}), Counter({(b"p", 0, 0, -1): 1, (b"q", 0, 1, -1): 1})]
    table = combiner.extract_output(combiner.merge_accumulators(parts))[KEY]
    assert sorted(table.images) == [1, 3]
    assert table.bounds(0).patients == 2


def test_a_slice_without_images_is_an_empty_table():
    combiner = _CountByPatient(KEY, None)
    table = combiner.extract_output(combiner.create_accumulator())[KEY]
    assert table.bounds(0).patients == 0
    assert np.isnan(table.bounds(0).recall).all()
