import numpy as np
import pytest

from components.recipe.training import Augmentation, TrainingSection
from components.training.dataset import arrange


def test_batches_are_pixels_and_one_hot_labels(write_split):
    split = write_split("eval", [0, 1, 1])
    pixels, labels = next(iter(split.batches(8)))
    assert pixels.shape == (3, 16, 16, 1) and pixels.dtype == "float32"
    assert pixels[0].numpy().mean() < 100 < pixels[1].numpy().mean()
    np.testing.assert_array_equal(labels, [[1, 0], [0, 1], [0, 1]])


def test_labels_and_statistics(write_split):
    split = write_split("train", [0, 1, 1, 0, 1])
    np.testing.assert_array_equal(split.labels, [0, 1, 1, 0, 1])
    assert split.pixel_statistics() == (125.0, 70.0)


def test_every_epoch_shuffles_anew_yet_is_whole(write_split):
    split = write_split("train", [0, 1] * 20)
    batches = split.training_batches(TrainingSection(batch_size=40))
    first, second = (np.concatenate([x.numpy().mean((1, 2, 3)) for x, _ in batches]) for _ in "12")
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(np.sort(first), np.sort(second))


def test_sampling_draws_every_class_equally_often(write_split):
    split = write_split("train", [0] * 45 + [1] * 5)
    batches = split.training_batches(TrainingSection(batch_size=50, balance="sampling"))
    drawn = np.concatenate([labels.numpy() for _, labels in batches.take(20)])
    assert abs(drawn[:, 1].mean() - 0.5) < 0.06  # 1,000 draws: 4 standard deviations


def test_undersampling_is_by_whole_images_and_the_same_in_every_epoch(write_split):
    split = write_split("train", [0] * 9 + [1] * 3)
    batches = split.training_batches(TrainingSection(batch_size=99, balance="undersample"))
    assert batches.cardinality() == 1
    first, second = (next(iter(batches)) for _ in "12")
    np.testing.assert_array_equal(first[1].numpy().sum(0), [3, 3])
    means, again = (np.sort(pixels.numpy().mean((1, 2, 3))) for pixels, _ in (first, second))
    np.testing.assert_array_equal(means, again)
    assert len(np.unique(means)) == 6


@pytest.mark.parametrize("balance", ["oversample", "augmented_copies"])
def test_copies_are_marked_and_originals_all_there(write_split, balance):
    split = write_split("train", [0] * 7 + [1] * 3)
    section = TrainingSection(batch_size=99, balance=balance, augmentation=Augmentation(flip=True))
    (pixels, copies), labels = next(iter(split.training_batches(section, marked=True)))
    np.testing.assert_array_equal(labels.numpy().sum(0), [7, 7])
    assert pixels.dtype == "float32" and copies.numpy().sum() == 4
    originals = pixels.numpy()[~copies.numpy()].mean((1, 2, 3))
    expected = next(iter(split.batches(99)))[0].numpy().mean((1, 2, 3))
    np.testing.assert_allclose(np.sort(originals), np.sort(expected))
    assert labels.numpy()[copies.numpy()].argmax(-1).tolist() == [1] * 4


def test_vectors_are_arranged_as_images_are():
    import tensorflow as tf

    labels = np.array([0, 0, 0, 1])
    examples = tf.data.Dataset.from_tensor_slices((np.arange(4.0), np.eye(2)[labels]))
    section = TrainingSection(batch_size=9, balance="oversample")
    values, _ = next(iter(arrange(examples, labels, section)))
    assert sorted(values.numpy()) == [0, 1, 2, 3, 3, 3]
