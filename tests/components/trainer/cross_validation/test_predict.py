import tensorflow as tf

from components.trainer.cross_validation.predict import predictions_of
from tests.tf_examples import write_examples


def _serve_examples(examples):
    """Half the mean, as the probability of the first class; odd ones are uncertain."""
    spec = {"mean": tf.io.FixedLenFeature([], tf.float32)}
    means = tf.io.parse_example(examples, spec)["mean"]
    return {
        "probabilities": tf.stack([means / 2, 1 - means / 2], -1),
        "uncertain": means > 0.5,
        "out_of_distribution": means > 2,
    }


def test_the_examples_have_the_predictions_in_place_of_the_pixels(tmp_path):
    rows = [
        {"image": b"pixels", "filename": f"{number}.png", "mean": (number % 2) * 1.0}
        for number in range(70)  # more than two batches
    ]
    path = write_examples(tmp_path / "raw.gz", rows)
    chosen = {f"{number}.png" for number in range(70) if number % 7}
    found = [
        tf.train.Example.FromString(one).features.feature
        for one in predictions_of(_serve_examples, [path], chosen, 3)
    ]
    names = [one["filename"].bytes_list.value[0].decode() for one in found]
    assert sorted(names) == sorted(chosen)
    for name, one in zip(names, found, strict=True):
        odd = int(name.removesuffix(".png")) % 2
        assert "image" not in one
        assert list(one["probabilities"].float_list.value) == [odd / 2, 1 - odd / 2]
        assert one["uncertain"].int64_list.value[0] == odd
        assert one["out_of_distribution"].int64_list.value[0] == 0
        assert one["fold"].int64_list.value[0] == 3
