import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from components.uncertainty.paired import paired_interval, tango_interval


@pytest.mark.parametrize(
    ("gained", "lost", "cases", "z", "published"),
    [
        # Airway hyper-responsiveness before and after a transplantation, Fagerland et al. 2014,
        # Statistics in Medicine 33:2850.
        (1, 7, 21, 1.959964, (-0.517, -0.026)),
        # Disinfection of contact lenses, Tango 1998; the 90 % interval in Liu et al. 2002,
        # Statistics in Medicine 21:231.
        (0, 1, 44, 1.644854, (-0.096, 0.037)),
    ],
)
def test_published_intervals(gained, lost, cases, z, published):
    assert tango_interval(gained, lost, cases, z) == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(("gained", "lost"), [(40, 20), (12, 30), (5, 5)])
def test_it_leaves_out_0_where_mcnemars_test_rejects(gained, lost):
    low, high = tango_interval(gained, lost, 160)
    rejected = mcnemar([[60, gained], [lost, 40]], exact=False, correction=False).pvalue < 0.05
    assert (low > 0 or high < 0) == rejected


def test_without_a_difference_it_does_not_collapse():
    assert tango_interval(0, 0, 30) == pytest.approx((-0.1135, 0.1135), abs=5e-5)


def test_it_is_symmetric_and_takes_arrays():
    low, high = tango_interval(np.array([1, 7]), np.array([7, 1]), 21)
    assert low == pytest.approx(-high[::-1])
    assert (low[0], high[0]) == pytest.approx(tango_interval(1, 7, 21))


def test_one_image_a_patient_is_tangos():
    one, other = np.array([1, 1, 1, 0, 0]), np.array([1, 1, 0, 1, 0])
    expected = tango_interval(1, 1, 5)
    assert paired_interval(one, other, one * other, np.ones(5, int)) == pytest.approx(expected)


def test_differences_of_one_patient_say_less_than_those_of_many():
    cases = np.full(30, 4)
    together, apart = cases.copy(), cases.copy()
    together[0] = 0
    apart[:4] = 3
    low = paired_interval(together, cases, together, cases)[0]
    assert low < paired_interval(apart, cases, apart, cases)[0]


def test_one_lost_image_more_never_raises_the_bound():
    cases = np.full(20, 6)
    bounds = []
    for lost in range(15):
        one = cases - (np.arange(20) < lost)
        bounds.append(paired_interval(one, cases, one, cases)[0])
    assert (np.diff(bounds) <= 1e-9).all()


def test_swapped_errors_are_no_better_than_the_same_predictions():
    cases, first, second = np.full(20, 6), np.arange(20) < 2, np.arange(20) >= 18
    same = paired_interval(cases, cases, cases, cases)[0]
    assert paired_interval(cases - first, cases - second, cases - first - second, cases)[0] <= same


def test_without_patients_nothing_is_known():
    none = np.zeros(0, int)
    assert np.isnan(paired_interval(none, none, none, none)).all()
