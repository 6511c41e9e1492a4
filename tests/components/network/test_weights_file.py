"""Files that hold no weights are named for what they are, before the first node."""

import h5py
import numpy as np
import pytest

from components.network.weights import check_available
from components.network.weights_file import check_weights_file
from components.recipe.model import ModelSection
from components.runtime.errors import WeightsError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "some.weights.h5"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:12\n", "pointer of git-lfs"),
        (b"<html>404</html>", r"must be HDF5.*b'<html>404</html>'"),
        (b"", "must be HDF5"),
    ],
)
def test_what_is_no_hdf5_is_named(file, content, message):
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        check_weights_file(file)


def test_a_file_that_is_cut_off(file):
    with h5py.File(file, "w") as written:
        written["kernel"] = np.zeros(10_000)
    check_weights_file(file)
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"cut off at 5000 bytes"):
        check_weights_file(file)


def test_weights_of_another_network_are_refused_before_any_long_work(file):
    import keras

    model = ModelSection.model_validate(
        {"backbone": "mobilenet_v2", "alpha": 0.35, "weights": str(file)}
    )
    grey = keras.applications.MobileNetV2(
        input_shape=(32, 32, 1), alpha=0.35, include_top=False, weights=None
    )
    grey.save_weights(file)
    with pytest.raises(WeightsError, match="do not fit backbone 'mobilenet_v2'"):
        check_available(model, 32)
