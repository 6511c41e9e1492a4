"""The splits of an artifact of Examples: what other nodes read of them, and their files."""

from collections.abc import Sequence

from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils


def declare_splits(examples: types.Artifact, splits: Sequence[str]) -> None:
    """Records in an artifact that it has these splits, as GZIP TFRecords of tf.Examples."""
    examples.split_names = artifact_utils.encode_split_names(list(splits))
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    examples_utils.set_file_format(examples, "tfrecords_gzip")


def split_files(examples: list[types.Artifact], *splits: str) -> list[str]:
    """Returns the paths of the files of some splits of one artifact."""
    folders = [artifact_utils.get_split_uri(examples, split) for split in splits]
    return [path for folder in folders for path in fileio.glob(f"{folder}/*")]
