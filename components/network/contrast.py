"""Contrast-limited adaptive histogram equalisation (CLAHE), in TensorFlow's graph.

Each region of the image gets the full range of grey values: faint structures become visible, and
the exposure and the scanner's look-up table matter less (Pizer et al. 1987, doi
10.1016/S0734-189X(87)80186-X; Zuiderveld 1994, doi 10.1016/B978-0-12-336156-1.50061-6).
"""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

# As is usual for X-rays.
TILES = 8  # along each side
LIMIT = 2.0  # largest share of a grey value in a tile, as a multiple of an even share
_GREYS = 256
_LUMINANCE = (0.299, 0.587, 0.114)  # adds up to 1, unlike that of tf.image: grey stays unchanged


@keras.saving.register_keras_serializable("medtfx")
class LocalContrast(keras.layers.Layer):
    """CLAHE of [B, H, W, C] float32 in 0..255, to the same; sides of at least 8 pixels.

    Of images with three channels the luminance is equalised, and its change added to each channel.
    """

    def __init__(self, **options: object):
        super().__init__(**{"dtype": "float32", **options})

    def call(self, pixels: tf.Tensor) -> tf.Tensor:
        """Equalises each image of a batch on its own."""
        luminance = pixels[..., 0]
        if pixels.shape[-1] == 3:
            luminance = tf.tensordot(pixels, tf.constant(_LUMINANCE), 1)
        greys = tf.cast(tf.round(tf.clip_by_value(luminance, 0.0, 255.0)), tf.int32)
        change = _interpolated(_curves(greys), greys) - luminance
        return tf.clip_by_value(pixels + change[..., None], 0.0, 255.0)


def _curves(greys: tf.Tensor) -> tf.Tensor:
    """Computes the new value of every grey value in each tile: [B, TILES * TILES * 256] float32.

    Args:
        greys: [B, H, W] int32 in 0..255.
    """
    height, width = greys.shape[1:]
    rows, columns = (np.arange(side) * TILES // side for side in (height, width))
    tiles = rows[:, None] * TILES + columns
    batch = tf.shape(greys)[0]
    images = tf.range(batch)[:, None, None] * TILES**2
    counts = tf.math.unsorted_segment_sum(
        tf.ones_like(greys, tf.float32),
        (images + tiles) * _GREYS + greys,
        batch * TILES**2 * _GREYS,
    )
    shares = tf.reshape(counts, [-1, TILES**2, _GREYS])
    shares /= np.bincount(tiles.ravel()).astype(np.float32)[:, None]
    # The excess over the limit is spread over all grey values.
    limited = tf.minimum(shares, LIMIT / _GREYS)
    limited += (1.0 - tf.reduce_sum(limited, -1, keepdims=True)) / _GREYS
    return tf.reshape(tf.cumsum(limited, -1) * 255.0, [-1, TILES**2 * _GREYS])


def _interpolated(curves: tf.Tensor, greys: tf.Tensor) -> tf.Tensor:
    """Returns [B, H, W] float32: each pixel by the curves of the four tiles around it."""
    height, width = greys.shape[1:]
    found = tf.zeros_like(greys, tf.float32)
    for rows, of_rows in _neighbours(height):
        for columns, of_columns in _neighbours(width):
            # In the graph, which so holds sides and not areas; TensorFlow folds it when it loads.
            tiles = (tf.constant(rows[:, None]) * TILES + columns) * _GREYS
            values = tf.gather(curves, tiles + greys, batch_dims=1)
            found += values * (tf.constant(of_rows[:, None]) * of_columns)
    return found


def _neighbours(side: int) -> list[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Returns the two nearest tiles of each pixel of a side, with weights that add up to 1."""
    place = (np.arange(side) + 0.5) * TILES / side - 0.5  # 0: in the middle of the first tile
    before = np.floor(place)
    weight = (place - before).astype(np.float32)
    first, second = (np.clip(t, 0, TILES - 1).astype(np.int32) for t in (before, before + 1))
    return [(first, 1 - weight), (second, weight)]
