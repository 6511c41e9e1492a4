"""Runs `preprocessing_fn` over a file of Examples, on all processors."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import tensorflow as tf

from components.runtime.threads import map_in_threads
from components.storage.examples import open_writer, records, to_example
from components.transform.preprocessing import FEATURES, preprocessing_fn

_BATCH = 8  # images, a batch a processor: large radiographs need 15 MB each while they are resized


class Shard(NamedTuple):
    """A file of Examples, and the file that their transformed ones go to."""

    source: str
    target: str


class TransformShard(beam.DoFn):
    """Shard → its file of transformed Examples, in the same order.

    A shard that is done again, as after the loss of a worker, replaces its file.

    Args:
        config: `custom_config` of `preprocessing_fn`.
    """

    def __init__(self, config: dict[str, Any]):
        self._config = config

    def setup(self) -> None:
        """Traces the function once, not for each shard; runs once a worker."""
        # AutoGraph would need seconds and find nothing to convert.
        self._transform = tf.function(
            lambda batch: preprocessing_fn(tf.io.parse_example(batch, FEATURES), self._config),
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )

    def process(self, shard: Shard) -> None:
        """Writes the file."""
        with open_writer(shard.target) as writer:
            for example in self._transformed(shard.source):
                writer.write(example)

    def _transformed(self, source: str) -> Iterator[bytes]:
        # Threads call the traced function: tf.data would optimise its graph again for each file.
        batches = records([source]).batch(_BATCH)
        for batch in map_in_threads(self._transform, batches, ahead=2):
            columns = [values.numpy() for values in batch.values()]
            for row in zip(*columns, strict=True):
                values = {
                    name: value if isinstance(value, bytes) else value.item()
                    for name, value in zip(batch, row, strict=True)
                }
                yield to_example(values).SerializeToString(deterministic=True)
