import numpy as np
import pytest
from scipy import ndimage

from components.imaging.measures.opening import grey_opening


@pytest.mark.parametrize("width", [1, 3, 5, 9, 17, 31])
@pytest.mark.parametrize("shape", [(40, 64), (64, 40), (8, 8), (1, 20)])
def test_it_is_scipys_opening(width, shape):
    pixels = np.random.default_rng(width).integers(0, 256, shape, np.uint8)
    expected = ndimage.grey_opening(pixels, size=(width, width))
    np.testing.assert_array_equal(grey_opening(pixels, width), expected)
