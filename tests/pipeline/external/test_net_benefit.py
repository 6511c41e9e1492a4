import numpy as np
import pytest

from pipeline.external.net_benefit import SHOWN, THRESHOLDS, net_benefit

TRUTH = np.array([True, True, False, False, False, False, False, False, False, False])


def test_a_perfect_model_has_the_prevalence_as_its_benefit():
    for point in net_benefit(TRUTH, TRUTH.astype(float)):
        assert point.model == pytest.approx(0.2)


def test_by_hand():
    scores = np.array([0.9, 0.15, 0.25, *[0.01] * 7])
    found = dict(zip(THRESHOLDS, net_benefit(TRUTH, scores), strict=True))
    # At 0.2 one ill and one healthy person are acted on; a false positive costs a quarter.
    assert found[0.2].model == pytest.approx(0.1 - 0.25 * 0.1)
    assert found[0.2].all == pytest.approx(0.2 - 0.25 * 0.8)


def test_what_tables_show_is_computed():
    assert set(SHOWN) <= set(THRESHOLDS)
