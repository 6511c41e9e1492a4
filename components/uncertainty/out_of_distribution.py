"""Whether an image is unlike the training images (out of distribution).

A photograph of a cat gets a class too, often with a high probability. One Gaussian with few free
directions (probabilistic PCA, Tipping & Bishop 1999) describes the training images by the pooled
features of the network and by a thumbnail; an image far from it is out of distribution. Both parts
are needed: the features may not respond to what is different, and a thumbnail has no texture.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.decomposition import PCA

_DIRECTIONS = 32
_SIDE = 16  # pixels of the thumbnail
# Of the typical deviation. A feature that is 0 in nearly every training image would decide alone.
_FLOOR = 0.3
# Of log distances: 0.1 % of a squared distance, hundreds of times what float32 rounding changes.
_MARGIN = 1e-3


@dataclass(frozen=True)
class OODDetector:
    """The Gaussian of the training images, and the distance beyond which an image is unlike them.

    Attributes:
        mean: of the description of an image, float32 [D].
        scale: standard deviation of each value of the description, float32 [D].
        directions: float32 [K, D], orthonormal; in which the images differ most.
        variances: in these directions, float32 [K].
        noise: variance in every other direction.
        limit: log squared distance above which an image is out of distribution.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    directions: NDArray[np.float32]
    variances: NDArray[np.float32]
    noise: float
    limit: float = math.inf

    def distance(self, description: Any) -> Any:
        """Returns the log of the squared Mahalanobis distance, float32 [B].

        Args:
            description: of `describe`, float32 [B, D].
        """
        ops = keras.ops
        z = (description - self.mean) / self.scale
        along = ops.matmul(z, self.directions.T)
        rest = ops.sum(z * z, -1) - ops.sum(along * along, -1)
        return ops.log(ops.sum(along * along / self.variances, -1) + rest / self.noise)

    def out_of_distribution(self, description: Any) -> Any:
        """Returns whether each image is beyond the limit, bool [B].

        Args:
            description: of `describe`, float32 [B, D].
        """
        return self.distance(description) > self.limit


def describe(pixels: Any, vector: Any) -> Any:
    """Returns pooled features, thumbnail and standard deviation of the pixels, float32 [B, D].

    Args:
        pixels: float32 [B, H, W, C] in 0..255.
        vector: pooled features of the network, float32 [B, F].
    """
    return keras.ops.concatenate([vector, look(pixels)], axis=-1)


def look(pixels: Any) -> Any:
    """Returns the part of the description that needs no network, float32 [B, 16 * 16 * C + C].

    Args:
        pixels: float32 [B, H, W, C] in 0..255.
    """
    ops = keras.ops
    small = ops.image.resize(pixels, (_SIDE, _SIDE), antialias=True)
    flat = ops.reshape(small, (-1, _SIDE * _SIDE * pixels.shape[-1]))
    return ops.concatenate([flat, ops.std(pixels, axis=(1, 2))], axis=-1)


def fit_ood_detector(vectors: NDArray[np.float32], looks: NDArray[np.float32]) -> OODDetector:
    """Fits the Gaussian to training images.

    Args:
        vectors: pooled features, float32 [n, F].
        looks: of `look`, float32 [n, E].

    Returns:
        A detector with an infinite limit: `limit_of` gives the limit.
    """
    description = np.concatenate([vectors, looks], 1).astype(np.float64)
    mean = description.mean(0)
    scale = np.concatenate([_scale(vectors), _scale(looks)])
    z = (description - mean) / scale
    count = max(1, min(_DIRECTIONS, len(z) // 4, z.shape[1] - 1))
    pca = PCA(count, svd_solver="randomized", random_state=0).fit(z)
    variances = pca.explained_variance_
    # Not `noise_variance_`, which spreads the rest over as many directions as there are images.
    noise = max((z.var(0, ddof=1).sum() - variances.sum()) / (z.shape[1] - count), 1e-6)
    return OODDetector(
        mean.astype(np.float32),
        scale.astype(np.float32),
        pca.components_.astype(np.float32),
        np.maximum(variances, noise).astype(np.float32),
        float(noise),
    )


def _scale(values: NDArray[np.float32]) -> NDArray[np.float64]:
    deviation = values.astype(np.float64).std(0)
    # The last term keeps features apart from 0 that are the same in every image.
    return deviation + _FLOOR * math.sqrt(float((deviation**2).mean())) + 1e-6


def limit_of(distances: NDArray[np.float32], ood_false_positive_rate: float) -> float:
    """Returns the distance that the next in-distribution image exceeds as often as wanted.

    The order statistic of a split conformal prediction (Vovk et al. 2005, Algorithmic Learning in a
    Random World), which holds for any distribution. Too few images for it: the bound of a normal
    distribution, or the largest distance. None of the given distances is nearer to the limit than
    rounding can move it.

    Args:
        distances: log squared Mahalanobis distances of in-distribution images that the network was
            not trained on, float32 [n].
        ood_false_positive_rate: wanted share of in-distribution images beyond the limit, in 0..1.

    Returns:
        A log squared distance; infinity for fewer than two images.
    """
    count = len(distances)
    rank = math.ceil((count + 1) * (1 - ood_false_positive_rate))
    ordered = np.sort(distances).astype(np.float64)
    if rank <= count:
        return _above(float(ordered[rank - 1]), ordered[rank:])
    if count < 2:
        return math.inf
    spread = ordered.std(ddof=1) * math.sqrt(1 + 1 / count)
    bound = ordered.mean() + stats.t.ppf(1 - ood_false_positive_rate, count - 1) * spread
    return max(_above(float(ordered[-1]), ordered[:0]), float(bound))


def _above(distance: float, larger: NDArray[np.float64]) -> float:
    """Returns a limit above `distance`, in the first gap between the ascending `larger` ones."""
    for following in larger:
        if not following <= distance + 2 * _MARGIN:
            break
        distance = float(following)
    return distance + _MARGIN
