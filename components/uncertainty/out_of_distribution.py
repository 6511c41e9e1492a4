"""Is an image like those that the network learned from?

A photograph of a cat gets a class too, often a sure one. Where the training images lie, by what the
network pools and by a thumbnail, is described by one Gaussian with few directions of its own
(probabilistic PCA, Tipping & Bishop 1999); an image far from it is out of distribution. Either
part alone misses strangers: a network may be blind to what sets them apart, a thumbnail to texture.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.utils.extmath import randomized_svd

_DIRECTIONS = 32
_SIDE = 16  # pixels of the thumbnail
# Of the typical deviation. A feature that is 0 in nearly every training image would decide alone.
_FLOOR = 0.3


@dataclass(frozen=True)
class OODDetector:
    """Where the training images lie.

    Attributes:
        mean: of the description of an image, float32 [D].
        scale: deviation of each value of it, float32 [D].
        directions: float32 [K, D], orthonormal; in which the images differ most.
        variances: in these directions, float32 [K].
        noise: variance in every other direction.
        limit: distance from which on an image is out of distribution.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    directions: NDArray[np.float32]
    variances: NDArray[np.float32]
    noise: float
    limit: float = math.inf

    def distance(self, description: Any) -> Any:
        """Returns the log of the squared Mahalanobis distance, float32 [B], of [B, D]."""
        ops = keras.ops
        z = (description - self.mean) / self.scale
        along = ops.matmul(z, self.directions.T)
        rest = ops.sum(z * z, -1) - ops.sum(along * along, -1)
        return ops.log(ops.sum(along * along / self.variances, -1) + rest / self.noise)

    def out_of_distribution(self, description: Any) -> Any:
        """Returns whether each image is too far away, bool [B]."""
        return self.distance(description) > self.limit


def describe(pixels: Any, vector: Any) -> Any:
    """Returns what is looked at: pooled features, thumbnail and deviation of the pixels, [B, D].

    Args:
        pixels: [B, H, W, C] float32 in 0..255.
        vector: pooled features, [B, F].
    """
    return keras.ops.concatenate([vector, look(pixels)], axis=-1)


def look(pixels: Any) -> Any:
    """Returns the part of the description that needs no network, float32 [B, 16 * 16 * C + C]."""
    ops = keras.ops
    small = ops.image.resize(pixels, (_SIDE, _SIDE), antialias=True)
    flat = ops.reshape(small, (-1, _SIDE * _SIDE * pixels.shape[-1]))
    return ops.concatenate([flat, ops.std(pixels, axis=(1, 2))], axis=-1)


def fit_ood_detector(vectors: NDArray[np.float32], looks: NDArray[np.float32]) -> OODDetector:
    """Describes where the training images lie.

    Args:
        vectors: pooled features, [n, F].
        looks: of `look`, [n, E].

    Returns:
        With an infinite limit.
    """
    description = np.concatenate([vectors, looks], 1).astype(np.float64)
    mean = description.mean(0)
    scale = np.concatenate([_scale(vectors), _scale(looks)])
    z = (description - mean) / scale
    count = max(1, min(_DIRECTIONS, len(z) // 4))
    _, lengths, directions = randomized_svd(z, count, random_state=0)
    variances = lengths**2 / (len(z) - 1)
    left = z.var(0, ddof=1).sum() - variances.sum()
    noise = max(left / (z.shape[1] - count), 1e-6)
    return OODDetector(
        mean.astype(np.float32),
        scale.astype(np.float32),
        directions.astype(np.float32),
        np.maximum(variances, noise).astype(np.float32),
        float(noise),
    )


def _scale(values: NDArray[np.float32]) -> NDArray[np.float64]:
    deviation = values.astype(np.float64).std(0)
    # The last term keeps features apart from 0 that are the same in every image.
    return deviation + _FLOOR * math.sqrt(float((deviation**2).mean())) + 1e-6


def limit_of(distances: NDArray[np.float32], ood_false_positive_rate: float) -> float:
    """Returns the distance that the next image of the right kind exceeds as often as wanted.

    The order statistic of a split conformal prediction (Vovk 2005), which holds for any
    distribution. Too few images for it: the bound of a normal distribution, or the largest.

    Args:
        distances: of images of the right kind that the network did not learn from, [n].
        ood_false_positive_rate: in 0..1.
    """
    count = len(distances)
    place = math.ceil((count + 1) * (1 - ood_false_positive_rate))
    if place <= count:
        return float(np.sort(distances)[place - 1])
    if count < 2:
        return math.inf
    spread = distances.std(ddof=1) * math.sqrt(1 + 1 / count)
    bound = distances.mean() + stats.t.ppf(1 - ood_false_positive_rate, count - 1) * spread
    return float(max(distances.max(), bound))
