import math
from dataclasses import replace

import numpy as np
import pytest

from components.evaluator.metrics import QUANTITIES, shortfall
from components.gate.patient_table import PatientTable
from components.uncertainty.clustered import clustered_interval
from components.uncertainty.paired import paired_interval

# Two images of each of three patients of class 0, and one patient of class 1.
TABLE = PatientTable.of_images(
    list("aabbccdd"), np.array([0] * 6 + [1] * 2), np.array([0, 0, 0, 1, 1, 1, 1, 0])
)


def test_the_bounds_are_those_of_the_patients():
    found = {name: quantity(TABLE, 0) for name, quantity in QUANTITIES.items()}
    interval = clustered_interval(np.array([2, 1, 0]), np.array([2, 2, 2]))
    assert (found["recall_low"], found["recall_high"]) == pytest.approx(interval)
    assert found["recall"] == 0.5 and found["patients"] == 3
    specificity = clustered_interval(np.array([1]), np.array([2]))
    assert (found["specificity_low"], found["specificity_high"]) == pytest.approx(specificity)


def test_without_a_baseline_nothing_has_changed():
    assert QUANTITIES["change_low"](TABLE, 0) == QUANTITIES["change"](TABLE, 0) == 0
    assert math.isnan(QUANTITIES["baseline"](TABLE, 0))


def test_the_comparison_is_of_the_images_that_both_predict():
    # Six images of class 0; the baseline predicts four of them, and one right.
    baseline = np.array([0, 1, 1, 1, -1, -1, 1, -1])
    table = replace(TABLE, baseline=baseline)
    found = {name: quantity(table, 0) for name, quantity in QUANTITIES.items()}
    assert found["baseline"] == 0.25 and found["change"] == pytest.approx(0.75 - 0.25)
    low, _ = paired_interval(*np.array([[2, 1], [1, 0], [1, 0], [2, 2]]))
    assert found["change_low"] == pytest.approx(low)
    assert found["recall"] == 0.5


def test_a_class_that_the_baseline_did_not_see_does_not_pass():
    table = replace(TABLE, baseline=np.array([-1] * 6 + [1, 1]))
    assert math.isnan(QUANTITIES["change"](table, 0))
    assert math.isnan(QUANTITIES["change_low"](table, 0))


def test_without_cases_there_is_no_value():
    for quantity in ("recall", "recall_low", "recall_high"):
        assert math.isnan(QUANTITIES[quantity](TABLE, 2))


def test_a_slice_misses_its_floor_only_where_it_has_enough_patients():
    assert shortfall(0.5, 30, 0.7, 30) == pytest.approx(0.2)
    assert shortfall(0.8, 30, 0.7, 30) == 0
    assert shortfall(0.5, 29, 0.7, 30) == 0
    assert shortfall(math.nan, 0, 0.7, 1) == 0
