"""Reads the records of the images, and the stored bytes of the few that the page shows."""

import os
from collections.abc import Iterable, Sequence
from functools import lru_cache

import tensorflow as tf

from components.data_audit.finding import Image
from components.imaging.measures.image_record import ImageRecord
from components.imaging.measures.stored import parse
from components.storage.examples import records

_RECORDS, _EXAMPLES = 512, 64  # read at once; an Example holds its image
_FILES = 12  # of which the records are kept: 35 MB


@lru_cache(_FILES)  # of a set of some thousand images: three passes read the same files
def read_pictures(path: str) -> tuple[ImageRecord, ...]:
    """Returns the records of the images of a file, in its order, about 5 kB of memory each.

    Args:
        path: of a GZIP TFRecord that ImageExampleGen has written beside the Examples.
    """
    batches = records([path]).batch(_RECORDS).as_numpy_iterator()
    return tuple(parse(record) for batch in batches for record in batch)


def find_encoded(files: Sequence[str], images: Iterable[Image]) -> dict[str, bytes]:
    """Returns the stored bytes of a few images: file name → PNG or JPEG.

    Args:
        files: GZIP TFRecords of Examples, of all splits.
        images: those wanted; only the files that they are in are read.
    """
    name_alone, image_alone = (
        {feature: tf.io.FixedLenFeature([], tf.string)} for feature in ("filename", "image")
    )
    wanted = {image.filename.encode(errors="surrogateescape"): image for image in images}
    shards = {image.shard for image in wanted.values()}
    found: dict[str, bytes] = {}
    for path in files:
        if os.path.basename(path) not in shards or len(found) == len(wanted):
            continue
        for examples in records([path]).batch(_EXAMPLES).as_numpy_iterator():
            read = tf.io.parse_example(examples, name_alone)["filename"].numpy()
            for name, example in zip(read, examples, strict=True):
                if name in wanted:
                    image = tf.io.parse_single_example(example, image_alone)["image"]
                    found[wanted[name].filename] = image.numpy()
    return found
