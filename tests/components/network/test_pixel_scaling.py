import importlib

import numpy as np
import pytest

from components.network.pixel_scaling import PixelScaling

MODULE_OF = {  # whose preprocess_input is the published scaling
    "tf": "mobilenet_v2",
    "torch": "densenet",
    "caffe": "vgg19",
}


@pytest.mark.parametrize("mode", sorted(MODULE_OF))
def test_scaling_is_that_of_keras_applications(mode):
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype("float32")
    module = importlib.import_module(f"keras.applications.{MODULE_OF[mode]}")
    expected = module.preprocess_input(pixels.copy())
    found = PixelScaling(mode, 0.0, 1.0, 3)(pixels)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_scaling_by_the_data_set():
    found = PixelScaling("dataset", 100.0, 50.0, 1)(np.full((1, 2, 2, 1), 150.0, "float32"))
    np.testing.assert_allclose(found, 1.0)


SCALES = {"unit": (0.0, 1.0), "tf": (-1.0, 1.0)}


@pytest.mark.parametrize("mode", SCALES)
def test_black_and_white_become_the_ends_of_the_scale(mode):
    ends = PixelScaling(mode, 0.0, 1.0, 1)(np.array([0.0, 255.0], "float32").reshape(1, 1, 2, 1))
    np.testing.assert_allclose(np.ravel(ends), SCALES[mode])
