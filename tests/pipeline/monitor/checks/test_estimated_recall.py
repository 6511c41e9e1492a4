import numpy as np
import pytest

from pipeline.monitor.checks.estimated_recall import estimated_recall, observed_recall, recall_drop
from pipeline.monitor.checks.sample import Sample


def sample_with(probabilities):
    probabilities = np.array(probabilities)
    none = np.zeros(len(probabilities))
    return Sample(probabilities, none, none, {}, np.full(len(probabilities), "PNG"))


def test_the_formula_by_hand():
    sample = sample_with([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    recalls = estimated_recall(sample, np.ones((1, 3)))[0]
    # Hits of the first class: 0.9 + 0.6, its cases: 0.9 + 0.6 + 0.2.
    assert recalls.tolist() == pytest.approx([1.5 / 1.7, 0.8 / 1.3])


def test_a_weight_is_a_repeated_image():
    sample = sample_with([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    twice = sample_with([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]])
    weighted = estimated_recall(sample, np.array([[2.0, 0.0, 1.0]]))
    np.testing.assert_allclose(weighted, estimated_recall(twice, np.ones((1, 3))))


def test_calibrated_probabilities_give_the_true_recall(draw):
    sample, _ = draw(40_000, seed=5)
    labels = (np.random.default_rng(6).random(len(sample)) >= sample.probabilities[:, 0]) * 1
    np.testing.assert_allclose(
        estimated_recall(sample, np.ones((1, len(sample))))[0],
        observed_recall(sample, labels),
        atol=0.01,
    )


def test_a_class_without_images_has_no_observed_recall():
    observed = observed_recall(sample_with([[0.9, 0.1]]), np.array([0]))
    assert observed[0] == 1 and np.isnan(observed[1])


def test_a_class_of_which_no_case_is_expected_has_no_estimate_and_no_drop(draw):
    sure = sample_with([[0.99, 0.01]] * 50)
    assert np.isnan(estimated_recall(sure, np.ones((1, 50)))[0, 1])
    before, _ = draw(100, seed=5)
    drop = recall_drop(before, np.ones((1, 100)), sure, np.ones((1, 50)))[0]
    assert drop[1] == 0 and drop[0] < 0
