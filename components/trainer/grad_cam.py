"""Grad-CAM: which part of an image a prediction depends on (Selvaraju et al. 2017).

The gradient is that of the logit, not of the probability, at the last feature map.
"""

import tensorflow as tf

from components.network.network import Network


def grad_cam(network: Network, pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Predicts, and computes the heatmap of the most probable class.

    Heatmaps of several backbones, and of the mirror image, are averaged on the finest grid.

    Args:
        network: the trained network.
        pixels: [B, H, W, C] float32 in 0..255.

    Returns:
        Pooled features [B, D], probabilities [B, classes] before calibration, and the heatmap
        [B, h, w] float32 in 0..1.
    """
    # === Prediction ===
    maps = network.feature_maps(network.views(pixels))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        vectors = network.of_each_view(network.pooling(maps))
        logits = [network.head(vector, training=False) for vector in vectors]
        probabilities = tf.reduce_mean(tf.nn.softmax(tf.stack(logits)), 0)
        top = tf.argmax(probabilities, -1)
        score = sum(tf.gather(of_view, top, batch_dims=1) for of_view in logits)

    # === Heatmap ===
    last = network.last_maps(maps)
    gradients = tape.gradient(score, last)
    of_views = average([_cam(*pair) for pair in zip(last, gradients, strict=True)])
    heatmaps = network.of_each_view(of_views)
    if network.flip_tta:
        heatmaps[1] = tf.reverse(heatmaps[1], [2])
    return vectors[0], probabilities, average(heatmaps)


def _cam(feature_map: tf.Tensor, gradient: tf.Tensor) -> tf.Tensor:
    weights = tf.reduce_mean(tf.cast(gradient, tf.float32), [1, 2], keepdims=True)
    return _scaled(tf.nn.relu(tf.reduce_sum(tf.cast(feature_map, tf.float32) * weights, -1)))


def average(heatmaps: list[tf.Tensor]) -> tf.Tensor:
    """Averages maps [B, h, w] of several sizes on the finest of their grids, in 0..1."""
    side = max(heatmap.shape[1] for heatmap in heatmaps)
    resized = [
        heatmap[..., None]
        if heatmap.shape[1] == side
        else tf.image.resize(heatmap[..., None], [side, side])
        for heatmap in heatmaps
    ]
    return _scaled(tf.reduce_mean(tf.concat(resized, -1), -1))


def _scaled(heatmap: tf.Tensor) -> tf.Tensor:
    peak = tf.reduce_max(heatmap, [1, 2], keepdims=True)
    return tf.math.divide_no_nan(heatmap, peak)
