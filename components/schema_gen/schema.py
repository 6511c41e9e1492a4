"""Corrects the inferred schema by the recipe.

TFDV's inference alone makes a domain of the patients in the train split, so that each new patient
is an anomaly, and accepts any label. What the recipe says replaces what is inferred.
"""

from tensorflow_metadata.proto.v0 import schema_pb2

from components.recipe.data import DataSection
from components.storage.examples import ALWAYS

_FREE_TEXT = ("image", "filename", "patient", "format")


def curate(inferred: schema_pb2.Schema, data: DataSection) -> schema_pb2.Schema:
    """Returns the schema that the Examples of a recipe must meet.

    Args:
        inferred: TFDV's schema of the train split; it is not changed.
        data: the recipe's section: classes and metadata columns.
    """
    schema = schema_pb2.Schema()
    schema.CopyFrom(inferred)
    for feature in schema.feature:
        if feature.name in _FREE_TEXT:
            feature.ClearField("domain_info")
        if feature.name in (*ALWAYS, "label", "label_index"):
            _require_one(feature)
        else:
            _allow_missing(feature)
        if feature.name == "label":
            feature.string_domain.name = "label"
            feature.string_domain.value[:] = data.classes
        if feature.name == "label_index":
            feature.int_domain.min, feature.int_domain.max = 0, len(data.classes) - 1
        if feature.name in ("mean", "std"):
            feature.float_domain.min, feature.float_domain.max = 0.0, 255.0
        if feature.name in ("width", "height"):
            feature.int_domain.min = 1
    _drop_unused_domains(schema)
    return schema


def _require_one(feature: schema_pb2.Feature) -> None:
    feature.presence.min_fraction = 1.0
    feature.presence.min_count = 1
    feature.ClearField("shape_type")
    feature.shape.dim.add(size=1)


def _allow_missing(feature: schema_pb2.Feature) -> None:
    # A metadata cell may be empty, and with a fixed shape Transform requires a value.
    feature.presence.min_fraction = 0.0
    feature.presence.min_count = 0
    feature.ClearField("shape_type")
    feature.value_count.min, feature.value_count.max = 1, 1


def _drop_unused_domains(schema: schema_pb2.Schema) -> None:
    used = {feature.domain for feature in schema.feature if feature.domain}
    kept = [domain for domain in schema.string_domain if domain.name in used]
    del schema.string_domain[:]
    schema.string_domain.extend(kept)
