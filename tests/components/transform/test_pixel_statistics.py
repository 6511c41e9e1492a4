import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv

from components.transform.pixel_statistics import pixel_statistics
from tests.components.transform.examples import images, rows


def statistics(moments: list[dict]):
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(moments)[["mean", "std"]])


def test_they_are_those_of_all_pixels():
    pixels = np.concatenate([image.ravel() for image in images()]).astype(float)
    mean, std = pixel_statistics(statistics(rows()))
    assert mean == pytest.approx(pixels.mean())
    assert std == pytest.approx(pixels.std())


def test_black_images_do_not_make_a_divisor_of_zero():
    assert pixel_statistics(statistics([{"mean": 0.0, "std": 0.0}] * 2)) == (0.0, 1.0)
