"""Files that hold no weights are named for what they are, before the first node."""

import re

import h5py
import numpy as np
import pytest

from components.network.weights import check_available
from components.network.weights_file import check_weights_file, in_words
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
        written["layers/kernel"] = np.zeros(10_000)
    check_weights_file(file)
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"cut off at 5000 bytes"):
        check_weights_file(file)


def test_a_table_of_contents_that_is_damaged(file):
    with h5py.File(file, "w") as written:
        written["layers/kernel"] = np.zeros(10_000)
    content = file.read_bytes()
    place = content.index(b"HEAP")
    file.write_bytes(content[:place] + bytes(64) + content[place + 64 :])
    with pytest.raises(WeightsError, match="is damaged or cut off"):
        check_weights_file(file)


def test_hdf5_without_weights_is_refused(file):
    with h5py.File(file, "w") as written:
        written["table"] = np.zeros(9)
    with pytest.raises(WeightsError, match="holds no weights of a Keras model"):
        check_weights_file(file)


@pytest.mark.parametrize(
    ("group", "name", "due"),
    [
        ("layers", "a.h5", "Keras 3, so that its name must end with .weights.h5"),
        ("layers", "a", "Keras 3, so that its name must end with .weights.h5"),
        ("model_weights", "a.weights.h5", "Keras 2, so that its name must end with .h5 alone"),
        ("model_weights", "a", "Keras 2, so that its name must end with .h5 alone"),
    ],
)
def test_keras_goes_by_the_name(tmp_path, group, name, due):
    with h5py.File(tmp_path / name, "w") as written:
        written[f"{group}/kernel"] = np.zeros(9)
    with pytest.raises(WeightsError, match=re.escape(due)):
        check_weights_file(tmp_path / name)


def test_in_words():
    assert in_words([(3, 3, 16, 1), (3, 3, 1, 16), (16,)]) == (
        "3 arrays with 304 numbers, for images of 1 channels"
    )
    assert in_words([(16,)]) == "1 arrays with 16 numbers"


def model_of(file):
    return ModelSection.model_validate(
        {"backbone": "mobilenet_v2", "alpha": 0.35, "weights": str(file)}
    )


def mobile_net(channels):
    import keras

    return keras.applications.MobileNetV2(
        input_shape=(32, 32, channels), alpha=0.35, include_top=False, weights=None
    )


def test_weights_of_another_network_are_refused_before_any_long_work(file):
    mobile_net(1).save_weights(file)
    with pytest.raises(
        WeightsError, match=r"do not fit backbone 'mobilenet_v2' \(alpha 0\.35\)"
    ) as caught:
        check_available(model_of(file), 32)
    assert "for images of 1 channels; the network has 260 arrays" in str(caught.value)
    assert "objects could not be loaded" not in str(caught.value)


def test_weights_that_are_not_finite_are_damaged(file):
    network = mobile_net(3)
    first, *others = network.get_weights()
    network.set_weights([np.full_like(first, np.nan), *others])
    network.save_weights(file)
    with pytest.raises(WeightsError, match="damaged: some are NaN or infinite"):
        check_available(model_of(file), 32)
