import math

import pytest

from components.evaluator.metrics import recall_value
from components.uncertainty.intervals import wilson_interval


def test_point_is_the_observed_share():
    assert recall_value(9, 10, "point") == 0.9


def test_lower_bound_is_wilsons():
    assert recall_value(9, 10, "lower_bound") == pytest.approx(wilson_interval(9, 10)[0])


@pytest.mark.parametrize("bound", ["point", "lower_bound"])
def test_without_cases_there_is_no_value(bound):
    assert math.isnan(recall_value(0, 0, bound))
