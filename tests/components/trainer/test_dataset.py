import numpy as np

from components.sections import TrainingSection
from components.trainer.dataset import class_weights


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


def test_class_weights_make_every_class_count_the_same():
    labels = np.array([0] * 90 + [1] * 10)
    weights = class_weights(labels, 2)
    assert np.isclose(weights[0] * 90, weights[1] * 10)
    assert np.isclose(np.mean([weights[label] for label in labels]), 1.0)


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
