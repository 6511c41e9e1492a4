"""How good predictions are, and whether one model is better than another beyond chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.gate.results import ClassResult, class_results
from components.uncertainty.bootstrap import SAMPLES, patient_interval
from pipeline.compare.criterion import NAMED, Criterion
from pipeline.compare.predictions import Predictions


@dataclass(frozen=True)
class Summary:
    """How good the predictions for all images are.

    Attributes:
        classes: recall with its interval, precision, specificity and AUC of each class.
        named: metric of `criterion.NAMED` → value.
        auc: mean area under the ROC curve of each class against the rest.
        matrix: [C, C] of counts, truth by prediction.
    """

    classes: tuple[ClassResult, ...]
    named: dict[str, float]
    auc: float
    matrix: NDArray[np.float64]


def summarise(predictions: Predictions, classes: tuple[str, ...]) -> Summary:
    """Returns how good predictions for any number of images are."""
    matrix = predictions.matrix()
    results = class_results(
        predictions.labels, predictions.probabilities, classes, predictions.patients
    )
    return Summary(
        classes=results,
        named={name: float(value(matrix)) for name, value in NAMED.items()},
        auc=float(np.mean([result.auc for result in results])),
        matrix=matrix,
    )


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another on the same images.

    Attributes:
        value: criterion of the one less that of the other, over all images.
        low: lower bound of its 95 % interval.
        high: upper bound.
        of_folds: the same difference within each fold.
    """

    value: float
    low: float
    high: float
    of_folds: tuple[float, ...]

    @property
    def mean_of_folds(self) -> float:
        """Mean difference of the folds."""
        return float(np.mean(self.of_folds))

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def paired_difference(
    one: Predictions,
    other: Predictions,
    criterion: Criterion,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Difference:
    """Compares two models by a paired bootstrap over patients.

    Both models are measured on the same resample, so that hard patients are hard for both.

    Args:
        one: predictions of the one.
        other: predictions of the other for the same images, in any order.
        criterion: higher is better.
        samples: number of resamples.
        seed: of the random numbers.

    Raises:
        ValueError: the images are not the same.
    """
    one, other = _in_one_order(one, other)

    def difference(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
        return criterion.value(matrices[:, 0]) - criterion.value(matrices[:, 1])

    both = np.stack([_matrices_of_images(one), _matrices_of_images(other)], axis=1)
    low, high = patient_interval(one.patients, both, difference, samples, seed)
    (value,) = difference(both.sum(0, keepdims=True))
    return Difference(float(value), low, high, _of_folds(one, other, criterion))


def _in_one_order(one: Predictions, other: Predictions) -> tuple[Predictions, Predictions]:
    orders = [sorted(range(len(a)), key=a.filenames.__getitem__) for a in (one, other)]
    first, second = one.take(orders[0]), other.take(orders[1])
    if first.filenames != second.filenames:
        raise ValueError("the two models predicted different images")
    return first, second


def _matrices_of_images(predictions: Predictions) -> NDArray[np.float64]:
    """Returns the confusion matrix of each image, [n, C, C] with a single 1."""
    count, classes = predictions.probabilities.shape
    table = np.zeros((count, classes, classes))
    table[np.arange(count), predictions.labels, predictions.tops] = 1
    return table


def _of_folds(one: Predictions, other: Predictions, criterion: Criterion) -> tuple[float, ...]:
    found = []
    for fold in np.unique(one.folds):
        inside = np.flatnonzero(one.folds == fold)
        matrices = [each.take(inside).matrix() for each in (one, other)]
        found.append(float(criterion.value(matrices[0]) - criterion.value(matrices[1])))
    return tuple(found)
