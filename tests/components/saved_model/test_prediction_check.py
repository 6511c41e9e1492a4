import numpy as np
import pytest

from components.saved_model.prediction_check import prediction_fault

NAMES = ("a", "b", "c")


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ([0.2, 0.5, 0.3], "b"),
        ([0, 0, 1], "c"),
        ([0.4, 0.4, 0.2], "a"),
        ([0.4, 0.4, 0.2], "b"),  # a tie
        ([1 / 3, 1 / 3, 1 / 3], "c"),
    ],
)
def test_a_prediction(values, label):
    assert prediction_fault(np.array(values, np.float32), label, NAMES) is None


def test_rounding_of_many_classes_is_no_fault():
    values = np.random.default_rng(0).random(300).astype(np.float32)
    values /= values.sum()
    names = [str(number) for number in range(300)]
    assert prediction_fault(values, names[int(values.argmax())], names) is None


@pytest.mark.parametrize(
    ("values", "label", "words"),
    [
        ([np.nan, np.nan, np.nan], "a", "not finite numbers"),
        ([0.2, np.nan, 0.8], "c", "not finite numbers"),
        ([np.inf, 0, 0], "a", "not finite numbers"),
        ([-0.1, 0.6, 0.5], "b", "outside of 0 to 1"),
        ([1.2, -0.2, 0], "a", "outside of 0 to 1"),
        ([0.2, 0.5, 0.301], "b", "sum to 1, but to 1.001"),
        ([0.2, 0.5, 0.299], "b", "sum to 1, but to 0.999"),
        ([0.2, 0.5, 0.3], "a", "the label is 'a', but the most probable class is 'b'"),
        ([0.2, 0.5, 0.3], "d", "'d' is not one of the classes"),
        ([0.5, 0.5], "a", "3 classes have probabilities of the shape"),
        ([[0.2, 0.5, 0.3]], "b", "3 classes have probabilities of the shape"),
    ],
)
def test_what_is_none(values, label, words):
    assert words in prediction_fault(np.array(values, np.float32), label, NAMES)


def test_classes_of_one_name():
    assert "the same name" in prediction_fault(np.array([0.5, 0.5], np.float32), "a", ["a", "a"])
