"""Drift: whether the data have changed since the latest blessed model was trained.

TFDV compares the statistics of the two training splits: L-infinity distance of the shares of labels
and formats, Jensen-Shannon divergence of grey levels and sizes.
"""

from dataclasses import dataclass

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from components.data_audit.finding import Case, Found
from components.recipe.audit import AuditSection

_CATEGORIES = ("label", "format")
_NUMBERS = ("mean", "std", "width", "height")


@dataclass(frozen=True)
class Distance:
    """Distance of one feature from its baseline; above `limit` it is a finding."""

    feature: str
    measure: str
    value: float
    limit: float


def distances(
    current: statistics_pb2.DatasetFeatureStatisticsList,
    baseline: statistics_pb2.DatasetFeatureStatisticsList,
    section: AuditSection,
) -> list[Distance]:
    """Compares the statistics of two training splits.

    Args:
        current: of today's data.
        baseline: of the data of the latest blessed model.
        section: has the limits.
    """
    schema = tfdv.infer_schema(current, infer_feature_shape=False)
    for name in (*_CATEGORIES, *_NUMBERS):
        comparator = _comparator(schema, name)
        if name in _CATEGORIES:
            comparator.infinity_norm.threshold = section.drift_categories
        else:
            comparator.jensen_shannon_divergence.threshold = section.drift_numbers
    anomalies = tfdv.validate_statistics(current, schema, previous_statistics=baseline)
    return [
        Distance(
            info.path.step[0],
            "L-infinity" if info.path.step[0] in _CATEGORIES else "Jensen-Shannon",
            measured.value,
            measured.threshold,
        )
        for info in anomalies.drift_skew_info
        for measured in info.drift_measurements
    ]


def drift(found: list[Distance] | None) -> Found:
    """Finds features that have changed by more than their limits.

    Args:
        found: of `distances`; None where there is nothing to compare with.
    """
    if found is None:
        return Found("drift", "there is no earlier blessed model of other data to compare with")
    moved = [distance for distance in found if distance.value > distance.limit]
    cases = tuple(
        Case((), f"{d.feature}: {d.measure} {d.value:.3f}, limit {d.limit:.3f}") for d in moved
    )
    names = ", ".join(distance.feature for distance in moved)
    return Found(
        "drift",
        f"{names} changed against the data of the latest blessed model"
        if moved
        else "label, format, size and grey level are as in the data of the latest blessed model",
        cases,
        "Check whether the source, the device or the export changed",
    )


def _comparator(schema: schema_pb2.Schema, name: str) -> schema_pb2.FeatureComparator:
    return tfdv.get_feature(schema, name).drift_comparator
