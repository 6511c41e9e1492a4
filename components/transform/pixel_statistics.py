"""Mean and standard deviation of all pixels of a split, from the statistics of its Examples."""

import math

from tensorflow_metadata.proto.v0 import statistics_pb2

_LEAST = 1.0  # of the standard deviation: it divides


def pixel_statistics(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> tuple[float, float]:
    """Returns mean and standard deviation of the grey values, each image counted alike.

    Each Example has the moments of its image, `mean` and `std`. So their statistics are enough, and
    no image is decoded for this.

    Args:
        statistics: of one split, by StatisticsGen.

    Returns:
        Both in 0..255; the standard deviation is at least 1.
    """
    (dataset,) = statistics.datasets
    found = {feature.path.step[0]: feature.num_stats for feature in dataset.features}
    overall = found["mean"].mean
    square = sum(one.mean**2 + one.std_dev**2 for one in (found["mean"], found["std"]))
    return overall, max(math.sqrt(max(square - overall**2, 0.0)), _LEAST)
