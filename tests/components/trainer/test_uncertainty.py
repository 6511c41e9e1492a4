import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss

from components.network.network import build_network
from components.recipe.model import ModelSection
from components.recipe.uncertainty import Uncertainty
from components.trainer.uncertainty import MeasuredUncertainty, measure_uncertainty
from components.uncertainty.calibration import with_temperature
from components.uncertainty.out_of_distribution import describe
from components.uncertainty.summary import UncertaintySummary


@pytest.fixture
def network(dark_and_bright):
    """Knows dark from bright, and is far too sure of itself."""
    keras.utils.set_random_seed(2)
    model = ModelSection(backbone="scratch_cnn", weights="none", filters=(4, 8))
    return build_network(model, dark_and_bright)


@pytest.fixture
def splits(write_split):
    return write_split("train", [0, 1] * 40), write_split("eval", [0, 1] * 60, seed=1)


def test_a_graph_calibrates_as_the_report_does():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(4), 50).astype(np.float32)
    for temperature in (0.3, 1.0, 2.5):
        served = MeasuredUncertainty(UncertaintySummary(temperature)).calibrated(probabilities)
        expected = with_temperature(probabilities, temperature)
        np.testing.assert_allclose(np.asarray(served), expected, atol=1e-6)


def test_it_is_measured_on_the_eval_split(network, splits):
    train, eval_split = splits
    logits = network.head.get_layer("logits")
    logits.kernel.assign(logits.kernel * 30)  # wrong and certain of it
    found = measure_uncertainty(network, train, eval_split, Uncertainty(max_deferral_rate=0.5))
    batches = list(eval_split.batches(120))
    (pixels, _) = batches[0]
    vector, probabilities = (np.asarray(part) for part in network.predict(pixels))
    served = np.asarray(found.calibrated(probabilities))
    assert found.summary.temperature > 1.5
    assert log_loss(eval_split.labels, served) < log_loss(eval_split.labels, probabilities)
    below = served.max(-1) < found.summary.uncertain_below
    assert found.summary.deferred == pytest.approx(below.mean(), abs=1e-6) and below.mean() <= 0.5
    out_of_distribution = found.ood_detector.out_of_distribution(describe(pixels, vector))
    assert found.summary.out_of_distribution == np.asarray(out_of_distribution).sum() <= 2
    assert (found.summary.images, found.summary.ood_false_positive_rate) == (120, 0.01)
    noise = np.random.default_rng(5).choice([0.0, 255.0], (3, 16, 16, 1)).astype(np.float32)
    stranger = describe(noise, network.predict(noise)[0])
    assert np.asarray(found.ood_detector.out_of_distribution(stranger)).all()


def test_features_that_are_at_hand_are_not_computed_again(network, splits):
    train, eval_split = splits
    (pixels, _) = next(iter(train.batches(80)))
    vectors = np.asarray(network.predict(pixels)[0])
    seen = [np.asarray(network.predict(next(iter(eval_split.batches(120)))[0])[0])]
    alone = measure_uncertainty(network, train, eval_split, Uncertainty())
    given = measure_uncertainty(network, train, eval_split, Uncertainty(), vectors, seen)
    assert given.summary.temperature == pytest.approx(alone.summary.temperature, rel=1e-3)
    np.testing.assert_allclose(given.ood_detector.mean, alone.ood_detector.mean, rtol=1e-4)
    assert given.ood_detector.limit == pytest.approx(alone.ood_detector.limit, rel=1e-3)


def test_the_recipe_may_set_the_threshold_and_switch_the_rest_off(network, splits):
    section = Uncertainty(calibrated=False, uncertain_below=0.6, ood_false_positive_rate=None)
    found = measure_uncertainty(network, splits[0], splits[1], section)
    assert (found.summary.temperature, found.summary.uncertain_below) == (1.0, 0.6)
    assert found.ood_detector is None and found.summary.ood_false_positive_rate is None


def test_a_network_that_diverged_is_left_to_the_gate(network, splits):
    logits = network.head.get_layer("logits")
    logits.kernel.assign(np.full(logits.kernel.shape, np.nan))
    train, eval_split = splits
    assert measure_uncertainty(network, train, eval_split, Uncertainty()).ood_detector is None
