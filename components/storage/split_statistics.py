"""The statistics of a split, in the artifact of StatisticsGen."""

import os

from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

STATISTICS_FILE = "FeatureStats.pb"  # as TFX's own node calls it


def read_statistics(
    artifacts: list[types.Artifact], split: str
) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics of a split of the only artifact."""
    path = os.path.join(artifact_utils.get_split_uri(artifacts, split), STATISTICS_FILE)
    with fileio.open(path, "rb") as file:
        return statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read())


def write_statistics(
    artifacts: list[types.Artifact],
    split: str,
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> None:
    """Writes the statistics of a split into the only artifact, which has this split."""
    folder = artifact_utils.get_split_uri(artifacts, split)
    fileio.makedirs(folder)
    with fileio.open(os.path.join(folder, STATISTICS_FILE), "wb") as file:
        file.write(statistics.SerializeToString(deterministic=True))
