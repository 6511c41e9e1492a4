"""Runs the transform graph over a file of Examples, on all processors."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import apache_beam as beam
import tensorflow as tf
import tensorflow_transform as tft

from components.storage.examples import open_writer, records, to_example

_BATCH = 8  # images, a batch a processor: large radiographs need 15 MB each while they are resized


class Shard(NamedTuple):
    """A file of Examples, and the file that their transformed ones go to."""

    source: str
    target: str


class TransformShard(beam.DoFn):
    """Shard → its file of transformed Examples, in the same order.

    A shard that is done again, as after the loss of a worker, replaces its file.

    Args:
        graph: folder of the transform graph.
    """

    def __init__(self, graph: str):
        self._graph = graph

    def setup(self) -> None:
        """Loads the graph; runs once a worker."""
        output = tft.TFTransformOutput(self._graph)
        spec, layer = output.raw_feature_spec(), output.transform_features_layer()
        # Traced once, not for each shard; AutoGraph would need seconds and find nothing to convert.
        self._transform = tf.function(
            lambda batch: layer(tf.io.parse_example(batch, spec)),
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )

    def process(self, shard: Shard) -> list[str]:
        """Writes the file, and returns its path."""
        with open_writer(shard.target) as writer:
            for example in self._transformed(shard.source):
                writer.write(example)
        return [shard.target]

    def _transformed(self, source: str) -> Iterator[bytes]:
        batches = records([source]).batch(_BATCH)
        batches = batches.map(self._transform, num_parallel_calls=os.cpu_count())
        for batch in batches.as_numpy_iterator():
            for row in zip(*batch.values(), strict=True):
                values = {
                    name: value if isinstance(value, bytes) else value.item()
                    for name, value in zip(batch, row, strict=True)
                }
                yield to_example(values).SerializeToString(deterministic=True)
