"""The options of TFX's StatisticsGen."""

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2


def statistics_options() -> tfdv.StatsOptions:
    """Returns options with which the node needs little time and memory.

    The feature `image` is declared as images: only its size is measured, while the values of a
    string would be kept in memory to find the most frequent ones. The values of other features are
    counted by sketches, whose size does not depend on the data.
    """
    schema = schema_pb2.Schema()
    image = schema.feature.add(name="image", type=schema_pb2.BYTES)
    image.image_domain.SetInParent()
    return tfdv.StatsOptions(schema=schema, use_sketch_based_topk_uniques=True)
