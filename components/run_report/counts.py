"""Images and patients of each split, and the files in quarantine."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.dsl.io import fileio

from components.imaging.quarantine import Quarantined
from components.storage.split_statistics import STATISTICS_FILE


@dataclass(frozen=True)
class SplitCounts:
    """The contents of a split.

    Attributes:
        images: in all.
        patients: number of different ones.
        by_class: class → images.
    """

    images: int
    patients: int
    by_class: Mapping[str, int]


@dataclass(frozen=True)
class QuarantineReason:
    """Files that were not used, for the same reason.

    Attributes:
        reason: its code.
        files: how many.
        unreadable: whether they could not be read; False for a rule of the recipe.
    """

    reason: str
    files: int
    unreadable: bool


def count_splits(statistics_uri: str, splits: Sequence[str]) -> dict[str, SplitCounts]:
    """Reads the counts from the artifact of StatisticsGen."""
    return {name: _split(os.path.join(statistics_uri, f"Split-{name}")) for name in splits}


def _split(folder: str) -> SplitCounts:
    with fileio.open(os.path.join(folder, STATISTICS_FILE), "rb") as file:
        found = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read()).datasets[0]
    strings = {
        feature.name or ".".join(feature.path.step): feature.string_stats
        for feature in found.features
    }
    labels = strings["label"].rank_histogram.buckets if "label" in strings else ()
    return SplitCounts(
        images=int(found.num_examples),
        patients=int(strings["patient"].unique) if "patient" in strings else 0,
        by_class={bucket.label: int(bucket.sample_count) for bucket in labels},
    )


def by_reason(items: Iterable[Quarantined]) -> list[QuarantineReason]:
    """Groups a quarantine list, unreadable files first, then by frequency."""
    groups: dict[str, list[Quarantined]] = {}
    for item in sorted(items):
        groups.setdefault(item.reason, []).append(item)
    reasons = [
        QuarantineReason(reason, len(group), group[0].unreadable)
        for reason, group in groups.items()
    ]
    return sorted(reasons, key=lambda found: (not found.unreadable, -found.files, found.reason))
