"""Features of a frozen backbone, computed once: the first phase then trains on vectors.

While the backbone is frozen and its input is not augmented, every epoch would compute the same
features again, at a hundred times the cost of training the head on them.
"""

import keras
import numpy as np
import tensorflow as tf

from components import progress
from components.trainer.dataset import TransformedSplit
from components.trainer.network import Network

_BATCH = 32


def head_after_pooling(network: Network) -> keras.Sequential:
    """Returns the head without its pooling, with probabilities; it shares the head's weights."""
    pooling, *rest = network.head.layers
    return keras.Sequential(
        [keras.Input(pooling.output.shape[1:]), *rest, keras.layers.Softmax(dtype="float32")],
        name="head_after_pooling",
    )


def pooled_features(network: Network, split: TransformedSplit) -> tf.data.Dataset:
    """Computes the pooled features of a split.

    Returns:
        (features [F] float32, one-hot [classes]) of each image, in file order, from memory.
    """
    pooling = network.head.layers[0]
    compute = tf.function(lambda pixels: pooling(network.features(pixels, training=False)))
    features, labels = [], []
    for pixels, label in split.batches(_BATCH):
        features.append(compute(pixels).numpy().astype(np.float32))
        labels.append(label.numpy())
        done = min(len(features) * _BATCH, len(split.labels))
        progress.report(done, len(split.labels), "images", "computing the features")
    return tf.data.Dataset.from_tensor_slices((np.concatenate(features), np.concatenate(labels)))
