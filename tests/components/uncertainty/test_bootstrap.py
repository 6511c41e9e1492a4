import numpy as np
import pytest

from components.uncertainty.bootstrap import patient_interval


def mean(sums):
    return sums[:, 0] / sums[:, 1]


def with_count(values):
    return np.stack([values, np.ones(len(values))], axis=1)


@pytest.fixture
def drawn():
    """400 patients with an image each, and a number of each image."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    return np.array([f"{n:03d}" for n in range(400)]), values


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation(drawn):
    patients, values = drawn
    low, high = patient_interval(patients, with_count(values), mean)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_copies_of_an_image_of_the_same_patient_make_it_no_narrower(drawn):
    patients, values = drawn
    once = patient_interval(patients, with_count(values), mean)
    nine_times = patient_interval(np.tile(patients, 9), with_count(np.tile(values, 9)), mean)
    assert nine_times == pytest.approx(once)


def test_the_order_of_the_images_makes_no_difference(drawn):
    patients, values = drawn
    order = np.random.default_rng(2).permutation(400)
    shuffled = patient_interval(patients[order], with_count(values[order]), mean)
    assert shuffled == patient_interval(patients, with_count(values), mean)


def test_the_seed_and_the_number_of_resamples_count(drawn):
    patients, values = drawn
    first, other = (patient_interval(patients, with_count(values), mean, 150, s) for s in (0, 1))
    assert first != other and first == pytest.approx(other, abs=0.2)


def test_a_resample_without_a_rare_class_is_left_out():
    values = np.array([[1.0, 1.0]] + [[0.0, 0.0]] * 4)  # one of five patients has a case

    def recall(sums):
        return np.divide(
            sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0
        )

    assert patient_interval(list("abcde"), values, recall) == (1.0, 1.0)
    assert np.isnan(patient_interval(list("bcde"), values[1:], recall)).all()
