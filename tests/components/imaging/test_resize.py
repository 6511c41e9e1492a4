import numpy as np
import pytest
import tensorflow as tf

from components.imaging.resize import resize, resize_with_pad

SHAPES = [(40, 60), (61, 37), (7, 5), (32, 32), (300, 20), (1, 9)]


def images(dtype: type, channels: int) -> list[tf.Tensor]:
    values = np.random.default_rng(0)
    return [
        tf.constant(values.integers(0, 256, (*shape, channels)).astype(dtype)) for shape in SHAPES
    ]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_bit_is_that_of_tensorflow(dtype, channels):
    for image in images(dtype, channels):
        for size in ((32, 32), (45, 17)):
            np.testing.assert_array_equal(
                resize(image, *size), tf.image.resize(image, size, antialias=True)
            )


@pytest.mark.parametrize("channels", [1, 3])
def test_so_it_is_with_borders(channels):
    for image in images(np.uint8, channels):
        np.testing.assert_array_equal(
            resize_with_pad(image, 32),
            tf.image.resize_with_pad(tf.cast(image, tf.float32), 32, 32, antialias=True),
        )


def test_sizes_may_be_unknown_in_a_graph():
    traced = tf.function(
        lambda image: (resize(image, 16, 16), resize_with_pad(image, 16)),
        input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)],
        autograph=False,
    )
    shapes = [part.shape for part in traced.get_concrete_function().outputs]
    assert all(shape[-1] == 3 for shape in shapes)
    for image in images(np.uint8, 3):
        plain, padded = traced(image)
        np.testing.assert_array_equal(plain, tf.image.resize(image, [16, 16], antialias=True))
        assert padded.shape == (16, 16, 3)
