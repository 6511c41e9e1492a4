"""Reads the records of the images, and the stored bytes of the few that the page shows."""

from collections.abc import Iterable, Mapping, Sequence

from components.imaging.measures.image_record import ImageRecord
from components.imaging.measures.stored import feature_values, parse
from components.storage.examples import records

_BATCH = 512


def read_pictures(files: Iterable[str]) -> list[ImageRecord]:
    """Returns the records of all images, about 5 kB of memory each, by file name.

    Args:
        files: GZIP TFRecords that ImageExampleGen has written beside the Examples.
    """
    batches = records(files).batch(_BATCH).as_numpy_iterator()
    pictures = [parse(record) for batch in batches for record in batch]
    return sorted(pictures, key=lambda picture: picture.filename)


def find_encoded(files: Mapping[str, Sequence[str]], names: set[str]) -> dict[str, bytes]:
    """Returns the stored bytes of a few images: file name → PNG or JPEG.

    Args:
        files: split → GZIP TFRecords of Examples.
        names: of the images.
    """
    found: dict[str, bytes] = {}
    for paths in files.values():
        if len(found) == len(names):
            break
        for record in records(paths).as_numpy_iterator():
            values = feature_values(record)
            name = values["filename"].decode(errors="surrogateescape")
            if name in names:
                found[name] = values["image"]
    return found
