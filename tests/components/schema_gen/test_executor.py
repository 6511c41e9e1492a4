import json

import pandas as pd
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import standard_artifacts
from tfx.utils import io_utils

from components.schema_gen.executor import SCHEMA_FILE, Executor
from tests.data_section import data_section


def test_the_schema_of_the_train_split_is_corrected_and_written(tmp_path):
    data = data_section("ill", "well")
    statistics, schema = standard_artifacts.ExampleStatistics(), standard_artifacts.Schema()
    statistics.uri, schema.uri = str(tmp_path / "statistics"), str(tmp_path / "schema")
    statistics.split_names = json.dumps(["train", "eval"])
    for split, label in (("train", "well"), ("eval", "unknown")):
        found = tfdv.generate_statistics_from_dataframe(
            pd.DataFrame({"label": [label], "patient": ["p"]})
        )
        path = tmp_path / "statistics" / f"Split-{split}" / "FeatureStats.pb"
        path.parent.mkdir(parents=True)
        path.write_bytes(found.SerializeToString())
    Executor().Do({"statistics": [statistics]}, {"schema": [schema]}, {
        "data": data.model_dump_json(by_alias=True)
    })  # fmt: skip
    written = io_utils.parse_pbtxt_file(str(tmp_path / "schema" / SCHEMA_FILE), schema_pb2.Schema())
    domains = {feature.name: list(feature.string_domain.value) for feature in written.feature}
    assert domains == {"label": ["ill", "well"], "patient": []}
