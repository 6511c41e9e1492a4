"""Can a classifier tell the images of today from those of the reference, by their embeddings?

A linear discriminant with shrinkage, cross-validated so that images of one patient are never on
both sides, and its area under the ROC curve (Lopez-Paz & Oquab 2017, "Revisiting Classifier
Two-Sample Tests"): 0.5 where it can't tell. Among linear classifiers the discriminant has a closed
form, and so it can be fitted anew in each of thousands of resamples; its AUC is that of a logistic
regression, see the test.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.monitor.checks.statistics import Compared, Floats

FOLDS = 5
_SHRINKAGE = 0.05  # of the covariance towards its mean variance
_PERMUTED, _PERMUTATIONS = 1_000, 999  # images of each side; times
_ORDINARY = 1e-6


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Embedded:
    """The N images of a sample.

    Attributes:
        values: embeddings, float64 [N, E].
        folds: number of the part of the cross-validation that each image is in, [N].
    """

    values: Floats
    folds: NDArray[np.int64]


def embedded(embeddings: Floats, groups: NDArray[np.int64], seed: int = 0) -> Embedded:
    """Divides images into parts.

    Args:
        embeddings: [N, E].
        groups: number of the patient of each image, [N].
        seed: of the random numbers.
    """
    names, numbers = np.unique(groups, return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    return Embedded(embeddings, shuffled[numbers] % FOLDS)


def domain_auc(one: Embedded, weights: Floats, other: Embedded, others: Floats) -> Compared:
    """Tells two samples apart; the effect is the AUC in 0..1, mostly from 0.5 on.

    Args:
        one: N images.
        weights: how often each counts, [B, N].
        other: M images.
        others: of these, [B, M].
    """
    areas, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for first, second, direction in _held_out(one, weights, other, others):
        n, m = weights[:, first].sum(-1), others[:, second].sum(-1)
        scores = direction @ one.values[first].T, direction @ other.values[second].T
        known = n * m > 0
        for row in np.flatnonzero(known):
            auc = _auc(scores[0][row], weights[row, first], scores[1][row], others[row, second])
            areas[row] += auc * n[row] * m[row]
        pairs += np.where(known, n * m, 0.0)
    effect = np.where(pairs > 0, areas / np.maximum(pairs, 1), 0.5)
    n, m = weights.sum(-1), others.sum(-1)
    error = np.sqrt((n + m + 1) / (12 * n * m))  # of a rank sum without a difference
    return Compared(effect, np.maximum((effect - 0.5) / error, 0.0))


def domain_scores(one: Embedded, other: Embedded) -> Floats:
    """Returns how typical of the other sample each of its images is, in the usual spread, [M]."""
    found = np.zeros(len(other.values))
    ones = np.ones((1, len(one.values))), np.ones((1, len(other.values)))
    for first, second, direction in _held_out(one, ones[0], other, ones[1]):
        usual = one.values[first] @ direction[0]
        spread = usual.std() + _ORDINARY if len(usual) else 1.0
        centre = usual.mean() if len(usual) else 0.0
        found[second] = (other.values[second] @ direction[0] - centre) / spread
    return found


def permutation_p(
    one: Embedded,
    groups: NDArray[np.int64],
    other: Embedded,
    others: NDArray[np.int64],
    seed: int = 0,
) -> float:
    """Returns how often blocks of images that are assigned by chance are told apart as well.

    Of each sample a thousand images at most are used. Patients are put together to blocks as large
    as those of the other sample: only what is of one size can be exchanged.

    Args:
        one: N images.
        groups: number of the patient of each, [N].
        other: M images.
        others: number of the block of each of these, [M].
        seed: of the random numbers.
    """
    generator = np.random.default_rng(seed)
    kept = others <= others[min(len(others), _PERMUTED) - 1]
    size = kept.sum() / len(np.unique(others[kept]))
    blocks = _blocks(groups, size, generator)
    chosen = blocks < max(1, round(_PERMUTED / size))
    numbers = np.concatenate([blocks[chosen], blocks.max() + 1 + others[kept]])
    names, numbers = np.unique(numbers, return_inverse=True)
    is_other = names > blocks.max()
    drawn = [is_other, *(generator.permutation(is_other) for _ in range(_PERMUTATIONS))]
    assigned = np.array(drawn)[:, numbers].astype(np.float64)
    both = embedded(np.concatenate([one.values[chosen], other.values[kept]]), numbers, seed)
    areas = domain_auc(both, 1 - assigned, both, assigned).effect
    return float((areas >= areas[0] - _ORDINARY).mean())


def _blocks(
    groups: NDArray[np.int64], size: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Returns the number of the block of each image: patients in random order, some images each."""
    _, numbers, images = np.unique(groups, return_inverse=True, return_counts=True)
    order = generator.permutation(len(images))
    block = np.empty(len(images), np.int64)
    block[order] = (np.cumsum(images[order]) - images[order]) // size
    found: NDArray[np.int64] = block[numbers]
    return found


def _held_out(
    one: Embedded, weights: Floats, other: Embedded, others: Floats
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]]:
    """Yields the images of a part, and the direction fitted to the other parts, [B, E]."""
    centre, scale = one.values.mean(0), one.values.std(0) + _ORDINARY
    samples = [
        (((sample.values - centre) / scale).astype(np.float32), sample.folds, each)
        for sample, each in ((one, weights), (other, others))
    ]
    parts = [
        [_moments(values[folds == fold], each[:, folds == fold]) for fold in range(FOLDS)]
        for values, folds, each in samples
    ]
    wholes = [[sum(of) for of in zip(*of_sample, strict=True)] for of_sample in parts]
    for fold in range(FOLDS):
        (n, mean, square), (m, other_mean, other_square) = (
            _centred(*(of - left for of, left in zip(whole, of_sample[fold], strict=True)))
            for whole, of_sample in zip(wholes, parts, strict=True)
        )
        covariance = (square + other_square) / np.maximum(n + m - 2, 1)[:, None, None]
        size = covariance.shape[-1]
        variance = np.trace(covariance, axis1=1, axis2=2)[:, None, None] / size + _ORDINARY
        covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * variance * np.eye(size)
        direction = np.linalg.solve(covariance, (other_mean - mean)[:, :, None])[:, :, 0]
        yield one.folds == fold, other.folds == fold, direction / scale


def _moments(values: NDArray, weights: Floats) -> list[NDArray]:
    """Returns the weight [B], and the weighted sums of values [B, E] and products [B, E(E+1)/2].

    In float32, twice as fast: the values have a mean of about 0 and a spread of about 1.
    """
    float32 = weights.astype(np.float32)
    first, second = np.triu_indices(values.shape[-1])
    return [float32.sum(-1), float32 @ values, float32 @ (values[:, first] * values[:, second])]


def _centred(total: NDArray, sums: NDArray, products: NDArray) -> tuple[NDArray, ...]:
    """Returns weight, mean, and the matrix of products about the mean, [B, E, E]."""
    mean = sums / np.maximum(total, 1)[:, None]
    first, second = np.triu_indices(sums.shape[-1])
    about = products - sums[:, first] * mean[:, second]
    matrix = np.empty((len(total), sums.shape[-1], sums.shape[-1]), np.float32)
    matrix[:, first, second] = matrix[:, second, first] = about
    return total, mean, matrix


def _auc(one: Floats, weights: Floats, other: Floats, others: Floats) -> float:
    """Returns the chance that an image of the other sample scores higher; ties are halves."""
    order = np.argsort(one)
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    ordered = one[order]
    below = sums[np.searchsorted(ordered, other, "left")]
    upto = sums[np.searchsorted(ordered, other, "right")]
    return float(others @ (below + upto) / (2 * sums[-1] * others.sum()))
