import math

import pytest
from scipy.stats import binomtest

from components.uncertainty.intervals import wilson_interval


@pytest.mark.parametrize(
    ("hits", "cases"), [(0, 1), (1, 1), (0, 12), (12, 12), (7, 12), (81, 100), (9_999, 10_000)]
)
def test_it_agrees_with_scipy(hits, cases):
    expected = binomtest(hits, cases).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson_interval(hits, cases) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_published_value():
    # Newcombe 1998, Statistics in Medicine 17:857, table I: 81 of 263.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_all_right_is_no_certainty_and_stays_within_0_and_1():
    low, high = wilson_interval(10, 10)
    assert low == pytest.approx(0.7225, abs=1e-4)
    assert high == pytest.approx(1.0) and high <= 1.0
    assert wilson_interval(0, 10) == pytest.approx((0.0, 1 - low))
    assert wilson_interval(0, 10)[0] >= 0.0


def test_more_cases_narrow_the_interval():
    widths = [
        high - low
        for low, high in (wilson_interval(0.8 * cases, cases) for cases in (10, 100, 1000))
    ]
    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_without_cases_nothing_is_known():
    assert all(math.isnan(bound) for bound in wilson_interval(0, 0))
