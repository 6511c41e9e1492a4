import numpy as np
import pytest

from components.network.losses import build_loss
from components.recipe.training import TrainingSection

TRUTH = np.array([[0, 1], [1, 0]], "float32")
PREDICTION = np.array([[0.3, 0.7], [0.6, 0.4]], "float32")
RIGHT = np.array([0.7, 0.6])  # probability of the true class


def value(**section):
    return float(build_loss(TrainingSection(**section))(TRUTH, PREDICTION))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("categorical_crossentropy", np.mean(-np.log(RIGHT))),
        ("binary_crossentropy", np.mean(-np.log(RIGHT))),  # of two classes: the same
        ("mse", np.mean((1 - RIGHT) ** 2)),
        ("focal", np.mean((1 - RIGHT) ** 2 * -np.log(RIGHT))),
    ],
)
def test_each_loss_is_its_formula(loss, expected):
    assert value(loss=loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "binary_crossentropy", "focal"])
def test_labels_can_be_smoothed(loss):
    assert value(loss=loss, label_smoothing=0.2) > value(loss=loss)
