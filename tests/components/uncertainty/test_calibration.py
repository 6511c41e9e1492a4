import numpy as np
import pytest

from components.uncertainty.calibration import (
    calibration_error,
    fit_temperature,
    reliability,
    with_temperature,
)


def answers(count=6000, temperature=1.0, classes=3):
    """Probabilities from which the labels are drawn, sharpened or flattened afterwards."""
    rng = np.random.default_rng(1)
    true = rng.dirichlet(np.ones(classes), count)
    labels = (rng.random((count, 1)) > true.cumsum(-1)).sum(-1)
    return with_temperature(true, 1 / temperature).astype(np.float32), labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.7, 4.0])
def test_the_temperature_of_a_network_too_sure_of_itself_is_found(temperature):
    probabilities, labels = answers(temperature=temperature)
    found = fit_temperature(probabilities, labels)
    assert found == pytest.approx(temperature, rel=0.06)
    served = with_temperature(probabilities, found)
    np.testing.assert_array_equal(served.argmax(-1), probabilities.argmax(-1))
    np.testing.assert_allclose(served.sum(-1), 1)
    error = calibration_error(reliability(served, labels))
    assert error < 0.02
    if temperature != 1:
        assert error < calibration_error(reliability(probabilities, labels)) / 2


def test_a_temperature_can_be_taken_back():
    probabilities, _ = answers(50)
    twice = with_temperature(with_temperature(probabilities, 1.6), 1 / 1.6)
    np.testing.assert_allclose(twice, probabilities, atol=1e-6)


def test_a_probability_of_zero_stays_finite():
    probabilities = np.array([[1.0, 0.0]], np.float32)
    assert with_temperature(probabilities, 2.0)[0, 1] == pytest.approx(1e-15)


def test_a_few_images_without_a_mistake_make_nobody_certain():
    few = np.tile(np.array([[0.9, 0.1], [0.1, 0.9]], np.float32), (5, 1))
    many = np.tile(few, (100, 1))
    served = [
        with_temperature(seen, fit_temperature(seen, np.arange(len(seen)) % 2)).max()
        for seen in (few, many)
    ]
    assert 0.9 < served[0] < 0.99 < served[1]


def test_one_wrong_label_does_not_flatten_all_answers():
    probabilities, labels = answers(200)
    probabilities[0] = with_temperature(np.array([[0.999, 0.0005, 0.0005]], np.float32), 0.1)
    labels[0] = 2
    with_it = fit_temperature(probabilities, labels)
    assert with_it == pytest.approx(fit_temperature(probabilities[1:], labels[1:]), rel=0.05)


def test_without_images_nothing_is_measured():
    none = np.zeros((0, 2)), np.zeros(0, np.int64)
    assert fit_temperature(*none) == 1.0
    assert reliability(*none) == () and np.isnan(calibration_error(()))


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_accuracy():
    probabilities, labels = answers(300, temperature=2.0)
    confidence, right = probabilities.max(-1), probabilities.argmax(-1) == labels
    bins = reliability(probabilities, labels)
    assert sum(one.images for one in bins) == 300
    inside = np.digitize(confidence, np.linspace(0, 1, 11)[1:-1])
    gaps = [
        abs(confidence[inside == place].mean() - right[inside == place].mean())
        * (inside == place).mean()
        for place in np.unique(inside)
    ]
    assert calibration_error(bins) == pytest.approx(sum(gaps), abs=1e-6)
