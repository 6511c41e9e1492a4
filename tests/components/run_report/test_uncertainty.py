import numpy as np
import pytest

from components.run_report.uncertainty import uncertainty_results
from components.uncertainty.summary import UncertaintySummary
from tests.components.run_report.conftest import FACTS


def test_results_are_of_the_predictions_that_are_not_uncertain(make_predictions):
    found = make_predictions()
    results = uncertainty_results(found, FACTS)
    assert results.uncertain == found.uncertain.sum() > 0
    assert results.below == pytest.approx(found.uncertain.mean())
    for index, result in enumerate(results.certain):
        kept = (found.labels == index) & ~found.uncertain
        assert result.cases == kept.sum()
        assert result.recall == pytest.approx((found.predicted[kept] == index).mean())
    assert results.lowest.recall == min(result.recall for result in results.certain)
    assert results.out_of_distribution == 3
    low, high = results.ood_false_positive_rate
    assert low < 3 / 90 < high


def test_the_probabilities_before_the_temperature_are_found_again(make_predictions):
    found = make_predictions()
    same = uncertainty_results(found, UncertaintySummary())
    assert same.before == same.now
    sharper = uncertainty_results(found, FACTS).before  # a temperature of 1.4 has flattened them
    confidence = [sum(one.confidence * one.images for one in c.bins) for c in (sharper, same.now)]
    assert confidence[0] > confidence[1]


def test_no_image_at_all_breaks_nothing(make_predictions):
    results = uncertainty_results(make_predictions(of_each=0), FACTS)
    assert results.lowest is None and np.isnan(results.now.error)
