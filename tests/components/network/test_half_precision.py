import keras
import numpy as np
import pytest
import tensorflow as tf

from components.network.half_precision import computed_from, float16_copies, round_to_float16


@pytest.fixture
def model():
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    convolved = layers.Conv2D(4, 3, bias_initializer="glorot_uniform")(inputs)
    return keras.Model(inputs, layers.BatchNormalization()(convolved))


def test_kernels_are_rounded_and_the_rest_stays(model):
    before = [value.copy() for value in model.get_weights()]
    round_to_float16(model)
    kernel, *others = model.get_weights()
    np.testing.assert_array_equal(kernel, kernel.astype(np.float16))
    np.testing.assert_allclose(kernel, before[0], rtol=1 / 2048)
    assert (kernel != before[0]).any()
    for value, expected in zip(others, before[1:], strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_rounded_network_computes_the_same_from_its_copies(model):
    round_to_float16(model)
    pixels = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    expected = model(pixels, training=False)
    copies = float16_copies(model)
    assert [(of.shape, copy.dtype) for of, copy in copies] == [((3, 3, 3, 4), tf.float16)]
    model.layers[1].kernel.assign(np.zeros((3, 3, 3, 4)))
    with computed_from(copies):
        np.testing.assert_array_equal(model(pixels, training=False), expected)
    assert not np.allclose(model(pixels, training=False), expected)
