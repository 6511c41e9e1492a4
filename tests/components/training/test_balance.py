import numpy as np
import pytest

from components.recipe.training import Augmentation, TrainingSection
from components.training.balance import class_weights, repetitions

LABELS = np.array([0] * 11 + [1] * 4 + [3] * 2)  # of class 2 there is none


def test_class_weights_make_every_class_count_the_same():
    labels = np.array([0] * 90 + [1] * 10)
    weights = class_weights(labels, 2)
    assert np.isclose(weights[0] * 90, weights[1] * 10)
    assert np.isclose(np.mean([weights[label] for label in labels]), 1.0)


@pytest.mark.parametrize(
    ("balance", "counts"),
    [
        ("none", [11, 4, 2]),
        ("weights", [11, 4, 2]),
        ("undersample", [2, 2, 2]),
        ("oversample", [11, 11, 11]),
        ("augmented_copies", [11, 11, 11]),
    ],
)
def test_every_class_comes_to_the_same_count(balance, counts):
    section = TrainingSection(balance=balance, augmentation=Augmentation(flip=True))
    times = repetitions(LABELS, section)
    assert [times[label == LABELS].sum() for label in (0, 1, 3)] == counts
    # No image is repeated once more than another of its class needs to be.
    assert all(np.ptp(times[label == LABELS]) <= 1 for label in (0, 1, 3))


def test_the_seed_chooses_the_images():
    drawn = [
        repetitions(LABELS, TrainingSection(balance="undersample", seed=seed)).tolist()
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
