"""Reads the records of the images, and the stored bytes of the few that the page shows."""

from collections.abc import Iterable, Mapping, Sequence

import tensorflow as tf

from components.imaging.measures.image_record import ImageRecord
from components.imaging.measures.stored import parse
from components.storage.examples import records

_RECORDS, _EXAMPLES = 512, 64  # read at once; an Example holds its image


def read_pictures(files: Iterable[str]) -> list[ImageRecord]:
    """Returns the records of all images, about 5 kB of memory each, by file name.

    Args:
        files: GZIP TFRecords that ImageExampleGen has written beside the Examples.
    """
    batches = records(files).batch(_RECORDS).as_numpy_iterator()
    pictures = [parse(record) for batch in batches for record in batch]
    return sorted(pictures, key=lambda picture: picture.filename)


def find_encoded(files: Mapping[str, Sequence[str]], names: set[str]) -> dict[str, bytes]:
    """Returns the stored bytes of a few images: file name → PNG or JPEG.

    Args:
        files: split → GZIP TFRecords of Examples.
        names: of the images.
    """
    name_alone, image_alone = (
        {feature: tf.io.FixedLenFeature([], tf.string)} for feature in ("filename", "image")
    )
    wanted = {name.encode(errors="surrogateescape"): name for name in names}
    found: dict[str, bytes] = {}
    for paths in files.values():
        if len(found) == len(names):
            break
        for examples in records(paths).batch(_EXAMPLES).as_numpy_iterator():
            read = tf.io.parse_example(examples, name_alone)["filename"].numpy()
            for name, example in zip(read, examples, strict=True):
                if name in wanted:
                    image = tf.io.parse_single_example(example, image_alone)["image"]
                    found[wanted[name]] = image.numpy()
    return found
