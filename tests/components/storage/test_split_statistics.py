import json

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.types import standard_artifacts

from components.storage.split_statistics import read_statistics, write_statistics


def test_statistics_are_read_as_they_were_written(tmp_path):
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri, artifact.split_names = str(tmp_path), json.dumps(["train", "eval"])
    for split, images in (("train", 7), ("eval", 2)):
        statistics = statistics_pb2.DatasetFeatureStatisticsList()
        statistics.datasets.add(num_examples=images)
        write_statistics([artifact], split, statistics)
    assert (tmp_path / "Split-train" / "FeatureStats.pb").exists()
    assert read_statistics([artifact], "train").datasets[0].num_examples == 7
    assert read_statistics([artifact], "eval").datasets[0].num_examples == 2
