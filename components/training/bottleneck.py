"""Features of a frozen backbone, computed once: the first phase then trains on vectors.

While the backbone is frozen and its input is not augmented, each epoch would compute the same
features again, which costs a hundred times as much as training the head on them.
"""

import logging

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.network.network import Network
from components.runtime import progress
from components.storage.examples import untuned
from components.training.dataset import TransformedSplit
from components.training.feature_cache import FeatureCache

_log = logging.getLogger("medtfx.trainer")
_BATCH = 32


def head_with_probabilities(network: Network) -> keras.Model:
    """Returns a model, pooled features [B, D] → probabilities, that shares the head's weights."""
    softmax = keras.layers.Softmax(dtype="float32")
    return keras.Model(network.head.input, softmax(network.head.output), name="trained")


def pooled_features(
    network: Network,
    split: TransformedSplit,
    mirrored: bool = False,
    cache: FeatureCache | None = None,
) -> NDArray[np.float32]:
    """Computes the pooled features of a split.

    Args:
        network: network with the backbones.
        split: images.
        mirrored: whether the features of the mirror images are computed too.
        cache: features that were computed before by the same backbones.

    Returns:
        [n, D] float32, in the order of the files; with `mirrored` [2n, D], first those of the
        images, then those of their mirror images.
    """
    # One trace for batches of any size, and no AutoGraph, which would rewrite the code of Keras.
    any_batch = tf.TensorSpec([None, *network.classifier.input_shape[1:]])
    compute = tf.function(
        lambda pixels: network.pooling(network.feature_maps(pixels)),
        input_signature=[any_batch],
        autograph=False,
    )

    def features_of(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return cache.features(pixels, compute) if cache else np.asarray(compute(pixels))

    straight, flipped = [], []
    for batch, _ in split.batches(_BATCH):
        pixels = batch.numpy()
        straight.append(features_of(pixels))
        if mirrored:
            flipped.append(features_of(pixels[:, :, ::-1]))
        done = min(len(straight) * _BATCH, len(split.labels))
        progress.report(done, len(split.labels), "images", "computing the features")
    if cache:
        cache.save()
        _log.info("features: %d computed in all, the others were kept before", cache.computed)
    return np.concatenate(straight + flipped)


def as_examples(
    features: NDArray[np.float32], labels: NDArray[np.int64], classes: int
) -> tf.data.Dataset:
    """Returns a dataset of (features [D] float32, one-hot label [classes] float32)."""
    one_hot = np.eye(classes, dtype=np.float32)[labels]
    return untuned(tf.data.Dataset.from_tensor_slices((features, one_hot)))
