"""Balances the classes of the train split: by weights, by copies, or by leaving images out."""

import numpy as np
from numpy.typing import NDArray

from components.recipe.training import TrainingSection


def class_weights(labels: NDArray[np.int64], classes: int) -> dict[int, float]:
    """Returns the weight of each class in the loss, inversely to its frequency.

    Args:
        labels: class index of each image, [n].
        classes: number of classes.

    Returns:
        Class index → weight. The mean weight of the images is 1.
    """
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    return {index: len(labels) / (classes * count) for index, count in enumerate(counts)}


def repetitions(labels: NDArray[np.int64], training: TrainingSection) -> NDArray[np.int64]:
    """Returns how often each image is used in an epoch.

    Args:
        labels: class index of each image, [n].
        training: `balance` and `seed`. The same seed chooses the same images.

    Returns:
        [n] int64: 1, but 0 where `undersample` leaves an image out and more than 1 where
        `oversample` or `augmented_copies` repeats it.
    """
    counts = np.bincount(labels)
    wanted = {
        "undersample": counts[counts > 0].min(initial=len(labels)),
        "oversample": counts.max(initial=0),
        "augmented_copies": counts.max(initial=0),
    }.get(training.balance)
    times = np.ones(len(labels), np.int64)
    if wanted is None:
        return times
    rng = np.random.default_rng(training.seed)
    for label in np.unique(labels):
        of_class = np.flatnonzero(labels == label)
        times[of_class] = wanted // len(of_class)
        times[rng.permutation(of_class)[: wanted % len(of_class)]] += 1
    return times
