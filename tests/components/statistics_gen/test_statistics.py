import re
from typing import Any

import numpy as np
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import json_format
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.statistics_gen.statistics import compute_statistics, statistics_options
from components.storage.examples import open_writer
from tests.tf_examples import write_examples

EXAMPLES = 150  # more than a batch


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[str]:
    """Two files of Examples with every kind of feature; some of them lack the age or the site."""
    folder, rng = tmp_path_factory.mktemp("examples"), np.random.default_rng(0)

    def row(number: int) -> dict[str, Any]:
        return {
            "image": b"\x89PNG \xff" + b"." * number,
            "filename": f"{number}.png",
            "label": "ab"[number % 2],
            "mean": float(rng.uniform(0, 255)),
            **({"age": number} if number % 3 else {}),
            **({"site": "xyz"[number % 3]} if number % 5 else {}),
        }

    parts = (range(100), range(100, EXAMPLES))
    return [
        write_examples(folder / f"data-{part}.gz", map(row, numbers))
        for part, numbers in enumerate(parts)
    ]


def by_name(statistics) -> dict[str, statistics_pb2.FeatureNameStatistics]:
    (dataset,) = statistics.datasets
    assert dataset.num_examples == EXAMPLES
    return {feature.path.step[0]: feature for feature in dataset.features}


def rounded(feature: statistics_pb2.FeatureNameStatistics) -> str:
    """Returns the message as text; a sum in another order differs in the last bits."""
    text = json_format.MessageToJson(feature)
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.6g}", text)


def test_the_statistics_are_those_of_tfdv_on_beam(files):
    on_beam = tfdv.generate_statistics_from_tfrecord(
        files[0].replace("data-0", "data-*"), stats_options=statistics_options()
    )
    expected, found = by_name(on_beam), by_name(compute_statistics(files))
    assert expected.keys() == found.keys()
    for name, feature in expected.items():
        assert rounded(found[name]) == rounded(feature), name


def test_of_images_the_bytes_are_measured_and_no_value_is_kept(files):
    image = by_name(compute_statistics(files))["image"]
    assert image.WhichOneof("stats") == "bytes_stats"
    assert image.bytes_stats.common_stats.num_non_missing == EXAMPLES
    assert image.bytes_stats.max_num_bytes == 6 + EXAMPLES - 1
    assert b"PNG" not in image.SerializeToString()


def test_a_split_without_examples_has_statistics_too(tmp_path):
    open_writer(str(tmp_path / "none.gz")).close()
    (dataset,) = compute_statistics([str(tmp_path / "none.gz")]).datasets
    assert dataset.num_examples == 0
