"""Runs `preprocessing_fn` over a file of Examples, on all processors."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import tensorflow as tf

from components.runtime.threads import map_in_threads
from components.storage.examples import open_writer, records, to_example
from components.transform.preprocessing import FEATURES, STATISTICS, preprocessing_fn

_BATCH = 8  # images, a batch a processor: large radiographs need 15 MB each while they are resized


class Shard(NamedTuple):
    """A file of Examples, and the file that their transformed ones go to.

    Attributes:
        source: path of the Examples.
        target: path of the transformed Examples.
        name: of the target in its artifact.
        origin: where the source was made first, see `taken_over.Notes`; '' if not known.
        earlier: a file with the same images transformed in the same way; '' if there is none.
    """

    source: str
    target: str
    name: str = ""
    origin: str = ""
    earlier: str = ""


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
        examples = (
            self._taken_over(shard.earlier) if shard.earlier else self._transformed(shard.source)
        )
        with open_writer(shard.target) as writer:
            for example in examples:
                writer.write(example)

    def _taken_over(self, earlier: str) -> Iterator[bytes]:
        """Yields transformed Examples with the pixel statistics of now; no image is decoded."""
        for record in records([earlier]).as_numpy_iterator():
            example = tf.train.Example.FromString(record)
            for name in STATISTICS:
                example.features.feature[name].float_list.value[:] = [self._config[name]]
            yield example.SerializeToString(deterministic=True)

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
