"""Statistics of tf.Examples as TFDV makes them, in this process, a batch at a time."""

from collections.abc import Sequence

import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2
from tfx_bsl.coders import example_coder

from components.storage.examples import records

_BATCH = 64  # images: those of large radiographs, 10 MB each, fit into memory


def statistics_options() -> tfdv.StatsOptions:
    """Returns options with which statistics need little time and memory.

    The feature `image` is declared as images: only its size is measured, while the values of a
    string would be kept in memory to find the most frequent ones. The values of other features are
    counted by sketches, whose size does not depend on the data.
    """
    schema = schema_pb2.Schema()
    image = schema.feature.add(name="image", type=schema_pb2.BYTES)
    image.image_domain.SetInParent()
    return tfdv.StatsOptions(schema=schema, use_sketch_based_topk_uniques=True)


def compute_statistics(files: Sequence[str]) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Returns the statistics of Examples, with one dataset.

    TFDV's `GenerateStatistics` builds a graph of Beam around the same generators, which costs
    seconds however few Examples there are.

    Args:
        files: GZIP TFRecords.
    """
    generators = stats_impl.get_generators(statistics_options(), in_memory=True)
    partial = [generator.create_accumulator() for generator in generators]
    decoder = example_coder.ExamplesToRecordBatchDecoder()
    for examples in records(files).batch(_BATCH).as_numpy_iterator():
        batch = decoder.DecodeBatch(examples)
        partial = [
            generator.add_input(accumulator, batch)
            for generator, accumulator in zip(generators, partial, strict=True)
        ]
    return stats_impl.extract_statistics_output(partial, generators)
