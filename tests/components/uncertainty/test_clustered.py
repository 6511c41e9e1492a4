import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from components.uncertainty.clustered import clustered_interval, design_effect

# Weil's litters, table 1 of Rao & Scott 1992: pups that survived, of those alive at 4 days.
CONTROL = (
    (13, 13), (12, 12), (9, 9), (9, 9), (8, 8), (8, 8), (12, 13), (11, 12),
    (9, 10), (9, 10), (8, 9), (11, 13), (4, 5), (5, 7), (7, 10), (7, 10),
)  # fmt: skip
TREATED = (
    (12, 12), (11, 11), (10, 10), (9, 9), (10, 11), (9, 10), (9, 10), (8, 9),
    (8, 9), (4, 5), (7, 9), (4, 7), (5, 10), (3, 6), (3, 10), (0, 7),
)  # fmt: skip


@pytest.mark.parametrize(("litters", "published"), [(CONTROL, 1.232495), (TREATED, 3.952861)])
def test_the_design_effects_of_rao_and_scott(litters, published):
    # The digits as the R package PF gives them for the same table.
    assert design_effect(*np.array(litters).T) == pytest.approx(published, abs=5e-7)


@pytest.mark.parametrize("hits", [0, 1, 27, 29, 30])
def test_one_image_a_patient_is_wilson(hits):
    cases = np.ones(30, int)
    expected = proportion_confint(hits, 30, method="wilson")
    assert clustered_interval(np.arange(30) < hits, cases) == pytest.approx(expected)


def test_if_all_images_are_right_a_patient_counts_as_one_image():
    cases = np.full(30, 10)
    low, high = clustered_interval(cases, cases)
    assert low == pytest.approx(30 / (30 + 2.0452**2), abs=1e-4)  # t with 29 degrees of freedom
    assert high == pytest.approx(1.0)


def test_errors_of_one_patient_weigh_more_than_errors_of_many():
    cases = np.full(40, 5)
    together, apart = cases.copy(), cases.copy()
    together[:2] = 0
    apart[:10] = 4
    low, high = clustered_interval(together, cases)
    low_apart, high_apart = clustered_interval(apart, cases)
    assert low < low_apart and high > high_apart


def test_one_wrong_image_more_never_raises_the_bound():
    cases = np.full(20, 6)
    bounds = []
    for wrong in range(20):
        hits = cases - (np.arange(20) < wrong)
        bounds.append(clustered_interval(hits, cases)[0])
    assert (np.diff(bounds) <= 1e-9).all()


def test_many_samples_at_once():
    generator = np.random.default_rng(0)
    cases = generator.integers(1, 6, (7, 25))
    hits = generator.binomial(cases, 0.8)
    low, high = clustered_interval(hits, cases)
    assert low.shape == high.shape == (7,)
    assert (low[3], high[3]) == pytest.approx(clustered_interval(hits[3], cases[3]))


def test_without_patients_nothing_is_known():
    none = np.zeros(0, int)
    assert np.isnan(clustered_interval(none, none)).all()
