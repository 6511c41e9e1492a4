import numpy as np
import pytest

from components.network.metrics import BalancedAccuracy


@pytest.mark.parametrize("classes", [3, 4])  # of the four, one never occurs
def test_it_is_the_mean_recall_of_the_classes_seen(classes):
    rng = np.random.default_rng(0)
    truth = rng.choice([0, 1, 2], 200, p=[0.7, 0.2, 0.1])
    probabilities = rng.dirichlet(np.ones(classes), 200).astype("float32")
    metric = BalancedAccuracy(classes)
    for part in (slice(0, 150), slice(150, 200)):
        metric.update_state(np.eye(classes)[truth[part]], probabilities[part])
    expected = np.mean([(probabilities.argmax(-1) == k)[truth == k].mean() for k in range(3)])
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_weights_of_the_loss_and_batches_before_a_reset_do_not_count():
    metric = BalancedAccuracy(2)
    metric.update_state(np.eye(2), np.eye(2)[::-1])
    metric.reset_state()
    assert float(metric.result()) == 0
    metric.update_state(np.eye(2)[[0, 1, 1]], np.eye(2)[[0, 0, 1]], sample_weight=[9, 9, 0])
    assert float(metric.result()) == pytest.approx(0.75)
