import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.statistics_gen.options import statistics_options
from components.storage.examples import to_example


@pytest.fixture(scope="module")
def features(tmp_path_factory) -> dict[str, statistics_pb2.FeatureNameStatistics]:
    """Feature → statistics of 30 Examples, with the options as they reach the node."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("examples")
    with tf.io.TFRecordWriter(str(folder / "data")) as writer:
        for number in range(30):
            image, site = b"\x89PNG \xff%d" % number, "abc"[number % 3]
            example = to_example({"image": image, "site": site, "age": number})
            writer.write(example.SerializeToString())
    options = tfdv.StatsOptions.from_json(statistics_options().to_json())
    found = tfdv.generate_statistics_from_tfrecord(str(folder / "data"), stats_options=options)
    return {feature.path.step[0]: feature for feature in found.datasets[0].features}


def test_of_images_the_bytes_are_measured_and_no_value_is_kept(features):
    image = features["image"]
    assert image.WhichOneof("stats") == "bytes_stats"
    assert image.bytes_stats.common_stats.num_non_missing == 30
    assert b"PNG" not in image.SerializeToString()


def test_other_features_are_counted_as_ever(features):
    site = features["site"].string_stats
    assert site.unique == 3
    assert {(value.value, value.frequency) for value in site.top_values} == {
        ("a", 10.0), ("b", 10.0), ("c", 10.0),
    }  # fmt: skip
    assert features["age"].num_stats.mean == pytest.approx(14.5)
