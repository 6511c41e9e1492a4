import numpy as np
import pytest
import tensorflow as tf

from components.saved_model.reference_predictions import (
    FILE_NAME,
    Predictions,
    few_of_each,
    load_predictions,
    predict_sample,
    save_predictions,
)


def brightness(pixels):
    """A network: 'bright' with the mean of the pixels, 'dark' with the rest."""
    assert pixels.dtype == tf.float32
    bright = tf.reduce_mean(pixels, [1, 2, 3]) / 255
    return tf.stack([1 - bright, bright], -1)


def test_the_least_sure_of_each_class_are_kept_by_their_file_name(write_split):
    # The mean of each image is some chance away from the others of its class.
    split = write_split("eval", [0] * 9 + [1] * 7)
    found = predict_sample(brightness, split)
    everything = np.concatenate([brightness(pixels) for pixels, _ in split.batches(4)])
    sure = everything.max(-1)
    expected = [*np.argsort(sure[:9])[:4], *(9 + np.argsort(sure[9:])[:4])]
    assert found.classes == ("dark", "bright")
    assert set(found.by_file) == {f"{index}.png" for index in expected}
    for index in expected:
        np.testing.assert_allclose(found.by_file[f"{index}.png"], everything[index], atol=1e-6)


def test_no_more_than_the_candidates_are_asked(write_split):
    asked = []

    def counting(pixels):
        asked.append(len(pixels))
        return brightness(pixels)

    predict_sample(counting, write_split("eval", [0] * 30 + [1] * 3), candidates=5)
    assert sum(asked) == 5 + 3


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([0, 0, 1, 0, 1, 1], [0, 1, 2, 4]), ([2, 2, 2], [0, 1]), ([], [])],
)
def test_few_of_each(labels, expected):
    assert few_of_each(np.array(labels, np.int64), 2).tolist() == expected


def test_the_file_gives_back_every_bit(tmp_path):
    rng = np.random.default_rng(0)
    names = ["a/b.png", 'with, "quotes"\r\nand lines.png', "caf\udce9.png", "ü.png"]
    by_file = {name: rng.random(3, np.float32) for name in names}
    save_predictions(Predictions(("x", "y, or z", "ß"), by_file), str(tmp_path))
    found = load_predictions(str(tmp_path))
    assert found.classes == ("x", "y, or z", "ß")
    assert found.by_file.keys() == by_file.keys()
    for name, probabilities in by_file.items():
        assert found.by_file[name].dtype == np.float32
        np.testing.assert_array_equal(found.by_file[name], probabilities)


def test_without_the_file_there_is_an_error(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match=FILE_NAME):
        load_predictions(str(tmp_path))
