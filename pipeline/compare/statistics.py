"""How good the answers are, and whether one model is better than another beyond chance."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.gate.results import ClassResult, class_result
from pipeline.compare.criterion import NAMED, Criterion
from pipeline.compare.predictions import Predictions

SAMPLES = 2_000
_AT_ONCE = 100  # resamples of all patients that are held in memory together


@dataclass(frozen=True)
class Summary:
    """How good the answers about all images are.

    Attributes:
        classes: recall with Wilson interval, precision, specificity and AUC of each class.
        named: metric of `criterion.NAMED` → value.
        auc: mean area under the ROC curve of each class against the rest.
        matrix: [C, C] of counts, truth by answer.
    """

    classes: tuple[ClassResult, ...]
    named: dict[str, float]
    auc: float
    matrix: NDArray[np.float64]


def summarise(answers: Predictions, classes: tuple[str, ...]) -> Summary:
    """Judges answers about any number of images."""
    matrix = answers.matrix()
    aucs = class_aucs(answers)
    return Summary(
        classes=tuple(
            class_result(matrix, index, label, aucs[index]) for index, label in enumerate(classes)
        ),
        named={name: float(value(matrix)) for name, value in NAMED.items()},
        auc=float(np.mean(aucs)),
        matrix=matrix,
    )


def class_aucs(answers: Predictions) -> list[float]:
    """Returns the area under the ROC curve of each class against the rest; NaN without either."""
    from sklearn.metrics import roc_auc_score

    found = []
    for index in range(answers.probabilities.shape[1]):
        truth = answers.labels == index
        both = 0 < truth.sum() < len(truth)
        found.append(
            float(roc_auc_score(truth, answers.probabilities[:, index])) if both else float("nan")
        )
    return found


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

    Patients are drawn with replacement, all their images together, since images of one patient are
    alike. Both models are judged on the same draw, so that hard patients are hard for both. The
    interval spans from the 2.5th to the 97.5th percentile.

    Args:
        one: answers of the one.
        other: answers of the other, about the same images; their order does not matter.
        criterion: higher is better.
        samples: number of draws.
        seed: of the draws.

    Raises:
        ValueError: the images are not the same.
    """
    one, other = _in_one_order(one, other)
    tables = [_matrices_of_patients(answers) for answers in (one, other)]
    drawn = []
    for weights in _draws(one.patients, samples, seed):
        first, second = (np.tensordot(weights, table, axes=1) for table in tables)
        drawn.append(criterion.value(first) - criterion.value(second))
    differences = np.concatenate(drawn)
    # A draw may lack every patient of a rare class.
    low, high = np.percentile(differences[np.isfinite(differences)], [2.5, 97.5])
    value = criterion.value(one.matrix()) - criterion.value(other.matrix())
    return Difference(float(value), float(low), float(high), _of_folds(one, other, criterion))


def _in_one_order(one: Predictions, other: Predictions) -> tuple[Predictions, Predictions]:
    orders = [sorted(range(len(a)), key=a.filenames.__getitem__) for a in (one, other)]
    first, second = one.take(orders[0]), other.take(orders[1])
    if first.filenames != second.filenames:
        raise ValueError("the two models were asked about different images")
    return first, second


def _draws(patients: tuple[str, ...], samples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yields how often each patient was drawn, [<= _AT_ONCE, patients] each."""
    count = len(set(patients))
    generator = np.random.default_rng(seed)
    for start in range(0, samples, _AT_ONCE):
        drawn = generator.integers(0, count, (min(_AT_ONCE, samples - start), count))
        yield np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(np.float64)


def _matrices_of_patients(answers: Predictions) -> NDArray[np.float64]:
    """Returns the confusion matrix of each patient, [patients, C, C]."""
    _, numbers = np.unique(answers.patients, return_inverse=True)
    classes = answers.probabilities.shape[1]
    table = np.zeros((numbers.max() + 1, classes, classes))
    np.add.at(table, (numbers, answers.labels, answers.tops), 1)
    return table


def _of_folds(one: Predictions, other: Predictions, criterion: Criterion) -> tuple[float, ...]:
    found = []
    for fold in np.unique(one.folds):
        inside = np.flatnonzero(one.folds == fold)
        matrices = [answers.take(inside).matrix() for answers in (one, other)]
        found.append(float(criterion.value(matrices[0]) - criterion.value(matrices[1])))
    return tuple(found)
