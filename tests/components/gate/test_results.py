"""TFMA's files as plain numbers, and the metrics of a class."""

import numpy as np
import pytest

from components.gate.patient_table import PatientTable
from components.gate.results import OVERALL, class_result, class_results, confusion_matrix
from components.recipe.evaluation import EvaluationSection
from components.uncertainty.intervals import wilson_interval

GOOD = [[18, 1, 1], [0, 38, 2], [1, 1, 28]]
SECTION = EvaluationSection.model_validate({"recall_floor": 0.68, "slices": ["site"]})


def test_results_are_the_confusion_matrix_and_what_follows_from_it(evaluate):
    results = evaluate(GOOD, SECTION)
    np.testing.assert_array_equal(results.matrices[OVERALL], GOOD)
    covid = results.classes[0]
    assert (covid.cases, covid.hits) == (20, 18)
    assert covid.recall == pytest.approx(0.9)
    assert (covid.low, covid.high) == pytest.approx(wilson_interval(18, 20))
    assert covid.precision == pytest.approx(18 / 19)
    assert covid.specificity == pytest.approx(69 / 70)
    assert covid.f1 == pytest.approx(2 * 0.9 * (18 / 19) / (0.9 + 18 / 19))
    assert 0.9 < covid.auc <= 1.0


def test_slices_are_measured_apart(evaluate):
    matrices = evaluate(GOOD, SECTION).matrices
    by_site = [matrices[(("site", site),)] for site in "ab"]
    np.testing.assert_array_equal(sum(by_site), GOOD)
    np.testing.assert_array_equal(matrices[(("label", "COVID"),)][0], GOOD[0])


def test_bounds_of_slices_count_patients(evaluate):
    results = evaluate(GOOD, SECTION, images_each=2)
    assert [result.patients for result in results.classes] == [10, 20, 15]
    specificity = results.classes[0]
    assert specificity.specificity_low < specificity.specificity < specificity.specificity_high
    for site in "ab":  # each patient has one image of each site
        covid = results.slices[(("site", site),)][0]
        assert covid.patients == covid.cases == 10
        assert (covid.low, covid.high) == pytest.approx(wilson_interval(covid.hits, 10))


def test_metrics_without_images_are_undefined():
    matrix = np.array([[0, 0], [0, 5]])  # nothing is, or is predicted as, the first class
    first, second = (class_result(matrix, index, str(index)) for index in range(2))
    assert np.isnan([first.recall, first.low, first.high, first.precision, first.f1]).all()
    assert first.specificity == second.recall == second.precision == 1
    assert np.isnan(second.specificity)


PATIENTS = ["v", "v", "w", "x", "y"]
LABELS = np.array([0, 0, 1, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]])


def test_metrics_of_predictions_are_those_of_their_confusion_matrix():
    matrix = confusion_matrix(LABELS, PROBABILITIES)
    np.testing.assert_array_equal(matrix, [[1, 1], [1, 2]])
    table = PatientTable.of_images(PATIENTS, LABELS, PROBABILITIES.argmax(-1))
    for index, found in enumerate(class_results(LABELS, PROBABILITIES, ("a", "b"), PATIENTS)):
        bounds = table.bounds(index)
        assert found == class_result(matrix, index, "ab"[index], bounds, auc=found.auc)
        # Of six pairs of a case and another image, one is in the wrong order.
        assert found.auc == pytest.approx(5 / 6)


def test_the_auc_needs_images_of_both_kinds():
    found = class_results(np.zeros(2, np.int64), PROBABILITIES[:2], ("a", "b"), PATIENTS[:2])
    assert np.isnan([result.auc for result in found]).all()
