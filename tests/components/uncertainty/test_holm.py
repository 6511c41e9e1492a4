import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from components.uncertainty.holm import holm


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_statsmodels(seed):
    values = np.random.default_rng(seed).beta(0.3, 1, 12)
    assert holm(list(values)) == pytest.approx(multipletests(values, method="holm")[1])


def test_nothing_to_correct():
    assert holm([]) == []
    assert holm([0.03]) == [0.03]
