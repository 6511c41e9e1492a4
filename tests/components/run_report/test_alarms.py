from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.proportion import proportions_ztest

from components.run_report.alarms import _lower, slice_alarms


def test_a_subgroup_that_is_worse_beyond_chance_is_named(make_predictions):
    found = make_predictions(kind="perfect", of_each=120)
    site_b = np.array([value == "b" for value in found.features["site"]])
    wrong = site_b & (found.labels == 1) & (np.arange(len(found.labels)) % 2 == 0)
    probabilities = found.probabilities.copy()
    probabilities[wrong] = probabilities[wrong][:, [1, 0, 2]]
    (alarm,) = slice_alarms(replace(found, probabilities=probabilities))
    assert (alarm.feature, alarm.value, alarm.label) == ("site", "b", "NORMAL")
    assert alarm.recall < 0.7 and alarm.others == 1 and alarm.p < 0.05


@pytest.mark.parametrize("kind", ["random", "perfect", "collapsed"])
def test_alike_subgroups_raise_no_alarm(make_predictions, kind):
    assert slice_alarms(make_predictions(kind=kind, of_each=120)) == []


def test_a_subgroup_of_few_patients_raises_none(make_predictions):
    assert slice_alarms(make_predictions(of_each=4)) == []


def test_the_p_value_is_that_of_the_score_test():
    expected = proportions_ztest([30, 45], [50, 52], alternative="smaller")[1]
    assert _lower(30, 50, 45, 52) == pytest.approx(expected)
