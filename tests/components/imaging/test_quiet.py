"""Warnings of the libraries stay inside, and nothing global changes."""

import logging
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageFile

from components.imaging.images import read_image
from components.imaging.quiet import quiet
from tests.components.imaging.pictures import CATALOGUE, RGB, save


def test_nothing_global_is_left_behind(recwarn: pytest.WarningsRecorder) -> None:
    before = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    noisy = save(Image.fromarray(RGB).quantize(16), "PNG", transparency=bytes(range(16)))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read_image, [noisy, *CATALOGUE.values()] * 5))
    assert (list(warnings.filters), Image.MAX_IMAGE_PIXELS) == before
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    assert not logging.getLogger("pydicom").disabled
    assert not recwarn.list


def test_only_the_last_reader_restores(recwarn: pytest.WarningsRecorder) -> None:
    with quiet():
        with quiet():
            pass
        warnings.warn_explicit("inside", UserWarning, "png.py", 1, module="PIL.PngImagePlugin")
        assert not recwarn.list
    warnings.warn_explicit("outside", UserWarning, "png.py", 1, module="PIL.PngImagePlugin")
    assert len(recwarn.list) == 1
