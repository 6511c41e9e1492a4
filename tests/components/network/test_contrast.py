import keras
import numpy as np
import pytest

from components.network.contrast import LIMIT, TILES, LocalContrast
from components.recipe.model import ModelSection


def images(size, channels=1, low=0, high=256):
    pixels = np.random.default_rng(0).integers(low, high, (2, size, size, channels))
    return pixels.astype("float32")


def as_defined(image):
    """CLAHE of [H, W] by its definition, tile by tile and pixel by pixel."""
    side = len(image)
    tile_of = [y * TILES // side for y in range(side)]
    curves = np.zeros((TILES, TILES, 256))
    for i in range(TILES):
        for j in range(TILES):
            tile = image[np.ix_(np.equal(tile_of, i), np.equal(tile_of, j))].astype(int)
            counts = np.bincount(tile.ravel(), minlength=256).astype(float)
            limit = LIMIT * tile.size / 256
            cut = np.minimum(counts, limit)
            cut += np.maximum(counts - limit, 0).sum() / 256
            curves[i, j] = np.cumsum(cut) / tile.size * 255
    middles = (np.arange(TILES) + 0.5) * side / TILES
    found = np.zeros((side, side))
    for y in range(side):
        for x in range(side):
            curve = curves[:, :, int(image[y, x])]
            by_column = [np.interp(x + 0.5, middles, row) for row in curve]
            found[y, x] = np.interp(y + 0.5, middles, by_column)
    return found


@pytest.mark.parametrize("size", [16, 32, 37])
def test_it_is_clahe_as_defined(size):
    pixels = images(size, low=60, high=140)
    expected = [as_defined(image[..., 0]) for image in pixels]
    np.testing.assert_allclose(LocalContrast()(pixels)[..., 0], expected, atol=0.01)


def test_what_is_faint_shows():
    pixels = images(32, low=100, high=110)
    found = np.asarray(LocalContrast()(pixels))
    assert found.std() > 1.5 * pixels.std()
    assert found.min() >= 0 and found.max() <= 255


def test_a_mirror_image_becomes_the_mirror_image():
    pixels = images(32)
    there = LocalContrast()(pixels[:, :, ::-1])
    np.testing.assert_allclose(there, LocalContrast()(pixels)[:, :, ::-1], atol=1e-3)


def test_each_image_is_equalised_by_itself():
    pixels = images(16)
    alone = LocalContrast()(pixels[1:])
    np.testing.assert_allclose(alone[0], LocalContrast()(pixels)[1], atol=1e-4)


def test_grey_in_three_channels_is_the_same_grey():
    pixels = images(16)
    three = LocalContrast()(np.repeat(pixels, 3, -1))
    np.testing.assert_allclose(three, np.repeat(LocalContrast()(pixels), 3, -1), atol=0.01)


def test_colours_keep_their_hue():
    pixels = images(32, 3, low=100, high=130)
    found = np.asarray(LocalContrast()(pixels))
    change = (found - pixels)[(found > 0).all(-1) & (found < 255).all(-1)]
    assert len(change) > 1000
    np.testing.assert_allclose(change, np.repeat(change[:, :1], 3, -1), atol=1e-3)


def test_it_is_float32_in_float16_too():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        assert LocalContrast()(images(16)).dtype == "float32"
    finally:
        keras.mixed_precision.set_global_policy("float32")


def test_members_take_the_contrast_of_the_model_unless_they_say_otherwise():
    model = ModelSection.model_validate(
        {
            "contrast": "clahe",
            "members": [{"backbone": "mobilenet"}, {"backbone": "vgg16", "contrast": "as_is"}],
        }
    )
    assert [network.contrast for network in model.networks] == ["clahe", "as_is"]
