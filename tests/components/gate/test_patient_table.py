import numpy as np
import pytest

from components.gate.patient_table import NO_CHANGE, PatientTable
from components.uncertainty.intervals import wilson_interval
from components.uncertainty.paired import tango_interval

LABELS = np.repeat([0, 1], [30, 20])
PREDICTED = np.where(np.arange(50) % 10 == 3, 1 - LABELS, LABELS)


def test_patients_with_one_image_each_have_wilsons_interval():
    bounds = PatientTable.of_images([f"p{n}" for n in range(50)], LABELS, PREDICTED).bounds(0)
    assert bounds.patients == 30
    assert bounds.recall == pytest.approx(wilson_interval(27, 30))
    assert bounds.specificity == pytest.approx(wilson_interval(18, 20))


def test_the_same_images_of_fewer_patients_say_less():
    single = PatientTable.of_images([f"p{n}" for n in range(50)], LABELS, PREDICTED).bounds(0)
    pairs = PatientTable.of_images([f"p{n // 2}" for n in range(50)], LABELS, PREDICTED).bounds(0)
    assert pairs.patients == 15
    assert pairs.recall[0] < single.recall[0] and pairs.recall[1] > single.recall[1]


def test_the_change_counts_only_images_of_the_class():
    numbers = np.arange(50)
    baseline = np.where(numbers % 10 == 4, 1 - LABELS, LABELS)
    table = PatientTable(numbers, LABELS, PREDICTED, baseline, np.ones(50, np.int64))
    for index, (changed, cases) in enumerate([(3, 30), (2, 20)]):
        change = table.change(index)
        assert change.observed == 0
        assert (change.low, change.high) == pytest.approx(tango_interval(changed, changed, cases))


def test_images_that_the_baseline_did_not_see_are_not_compared():
    baseline = np.where(LABELS == 1, -1, LABELS)
    table = PatientTable(np.arange(50), LABELS, PREDICTED, baseline, np.ones(50, np.int64))
    assert table.change(0).before == 1 and table.change(1) is NO_CHANGE


def test_grouped_images_count_as_often_as_they_are():
    numbers, once = np.arange(3), np.ones(3, np.int64)
    zeros = np.zeros(3, np.int64)
    grouped = PatientTable(numbers, zeros, np.array([0, 0, 1]), -once, once * 2)
    names = list("aabbcc")
    single = PatientTable.of_images(names, np.zeros(6, np.int64), np.array([0, 0, 0, 0, 1, 1]))
    assert grouped.bounds(0).recall == pytest.approx(single.bounds(0).recall)
