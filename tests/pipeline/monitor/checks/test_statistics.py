"""Each statistic beside scipy's or statsmodels' own, for observed rows and for weighted ones."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from pipeline.monitor.checks.statistics import chi_squared, kolmogorov_smirnov, score_of, shares


@pytest.fixture
def generator():
    return np.random.default_rng(7)


def ones(*values):
    return [np.ones((1, len(one))) for one in values]


def test_d_is_that_of_scipy_also_with_ties(generator):
    one, other = generator.normal(0, 1, 300).round(1), generator.normal(0.3, 1.2, 200).round(1)
    (first, second), expected = ones(one, other), stats.ks_2samp(one, other, method="asymp")
    found = kolmogorov_smirnov(one, first, other, second)
    assert found.effect[0] == pytest.approx(expected.statistic)
    root = np.sqrt(300 * 200 / 500)
    assert found.score[0] == pytest.approx(
        stats.norm.isf(stats.kstwobign.sf(root * expected.statistic)), rel=1e-6
    )


def test_a_weight_is_a_repeated_row(generator):
    one, other = generator.normal(0, 1, 40), generator.normal(0, 1, 30)
    weights = generator.integers(0, 4, (5, 40)).astype(float)
    found = kolmogorov_smirnov(one, weights, other, np.ones((5, 30)))
    for row in range(5):
        repeated = np.repeat(one, weights[row].astype(int))
        first, second = ones(repeated, other)
        alone = kolmogorov_smirnov(repeated, first, other, second)
        assert found.effect[row] == pytest.approx(alone.effect[0])
        assert found.score[row] == pytest.approx(alone.score[0])


def test_chi_squared_is_that_of_scipy():
    counts, others = np.array([[30.0, 50.0, 20.0, 0.0]]), np.array([[45.0, 40.0, 15.0, 0.0]])
    found = chi_squared(counts, others)
    table = np.concatenate([counts, others])[:, :3]
    expected = stats.chi2_contingency(table, correction=False)
    assert found.score[0] == pytest.approx(stats.norm.isf(expected.pvalue))
    assert found.effect[0] == pytest.approx(
        stats.contingency.association(table.astype(int), method="cramer")
    )


def test_a_category_of_one_sample_alone_counts():
    found = chi_squared(np.array([[50.0, 0.0]]), np.array([[0.0, 50.0]]))
    assert found.effect[0] == pytest.approx(1.0) and found.score[0] > 9


def test_shares_agree_with_the_z_test_where_they_are_not_small():
    args = [np.array([float(value)]) for value in (300, 1000, 360, 1000)]
    found = shares(*args)
    _, p = proportions_ztest([300, 360], [1000, 1000])
    assert found.effect[0] == pytest.approx(0.06)
    assert found.score[0] == pytest.approx(stats.norm.isf(p), abs=0.02)


def test_a_first_hit_of_a_rare_kind_is_no_catastrophe():
    found = shares(*[np.array([float(value)]) for value in (0, 1000, 1, 300)])
    assert 0 < found.score[0] < 2


def test_scores_start_at_zero_and_stay_finite():
    assert score_of(np.array([1.0, 0.5])).tolist() == [0.0, 0.0]
    assert score_of(np.array([0.0]))[0] == pytest.approx(37, abs=0.1)
