from typing import Any

import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from components.schema_gen.schema import curate
from components.storage.examples import to_example
from tests.data_section import data_section

DATA = data_section("ill", "well", metadata={"columns": ["site", "age"]})


def row(number: int, **changes):
    values: dict[str, Any] = {
        "image": b"bytes of image %d" % number,
        "filename": f"{number}.png",
        "patient": f"patient {number}",
        "format": "PNG",
        "width": 100 + number,
        "height": 90,
        "mean": 100.0 + number,
        "std": 20.0,
        "label": DATA.classes[number % 2],
        "label_index": number % 2,
        "site": "abc"[number % 3],
        "age": 30 + number,
    }
    values |= changes
    return to_example({name: value for name, value in values.items() if value is not None})


def statistics(rows):
    return tfdv.generate_statistics_from_dataframe(_frame(rows))


def _frame(rows):
    import pandas as pd

    def value(feature):
        return getattr(feature, feature.WhichOneof("kind")).value[0]

    return pd.DataFrame([{name: value(f) for name, f in r.features.feature.items()} for r in rows])


@pytest.fixture(scope="module")
def schema() -> schema_pb2.Schema:
    inferred = tfdv.infer_schema(statistics([row(n) for n in range(30)]), infer_feature_shape=False)
    return curate(inferred, DATA)


def anomalies(rows, schema) -> dict:
    return dict(tfdv.validate_statistics(statistics(rows), schema).anomaly_info)


def test_new_patients_and_files_are_no_anomaly(schema):
    assert anomalies([row(n) for n in range(100, 130)], schema) == {}


def test_a_foreign_label_is_an_anomaly(schema):
    found = anomalies([row(n, label="worse") for n in range(10)], schema)
    assert set(found) == {"label"}


def test_a_new_site_is_an_anomaly(schema):
    found = anomalies([row(n, site="elsewhere") for n in range(10)], schema)
    assert found["site"].severity == anomalies_pb2.AnomalyInfo.ERROR


def test_a_missing_cell_is_none(schema):
    assert anomalies([row(n, site=None if n % 2 else "a") for n in range(10)], schema) == {}


def test_what_must_be_there_has_a_fixed_shape(schema):
    features = {feature.name: feature for feature in schema.feature}
    for name in ("image", "filename", "patient", "mean", "label", "label_index"):
        assert [dim.size for dim in features[name].shape.dim] == [1]
        assert features[name].presence.min_fraction == 1.0
    # A fixed shape would make Transform demand a value.
    assert not features["site"].HasField("shape")


def test_the_domain_of_the_label_is_the_recipes(schema):
    features = {feature.name: feature for feature in schema.feature}
    assert list(features["label"].string_domain.value) == ["ill", "well"]
    assert (features["label_index"].int_domain.min, features["label_index"].int_domain.max) == (
        0,
        1,
    )
    assert not features["patient"].WhichOneof("domain_info")
