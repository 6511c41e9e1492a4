"""The options of TFX's StatisticsGen."""

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2


def statistics_options() -> tfdv.StatsOptions:
    """Returns options that keep the time and memory of the node small.

    The stored images are known as images: their bytes are measured, and not, like those of a
    string, kept and counted in search of the most frequent value. The values of the other features
    are counted by sketches, whose size does not depend on the data.
    """
    schema = schema_pb2.Schema()
    image = schema.feature.add(name="image", type=schema_pb2.BYTES)
    image.image_domain.SetInParent()
    return tfdv.StatsOptions(schema=schema, use_sketch_based_topk_uniques=True)
