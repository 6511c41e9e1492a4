"""Reads the Examples once, and measures the images in several threads."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from components.data_audit.image_record import ImageRecord, measure
from components.runtime import progress
from components.runtime.threads import map_in_threads
from components.storage.examples import records

Features = Mapping[str, Any]  # bytes, int or float


def read_pictures(files: Mapping[str, Sequence[str]], total: int) -> list[ImageRecord]:
    """Measures all images.

    Args:
        files: split → GZIP TFRecords.
        total: number of images, for the progress; 0 if unknown.

    Returns:
        About 5 kB of memory each, in the order of their file names.
    """
    counter = progress.Counter(total, "images")

    def measured(item: tuple[str, bytes]) -> ImageRecord:
        split, record = item
        picture = measure(_features(record), split)
        counter.advance()
        return picture

    return sorted(map_in_threads(measured, _records(files)), key=lambda picture: picture.filename)


def find_encoded(files: Mapping[str, Sequence[str]], names: set[str]) -> dict[str, bytes]:
    """Returns the stored bytes of a few images: file name → PNG or JPEG."""
    found: dict[str, bytes] = {}
    for _, record in _records(files):
        features = _features(record)
        name = features["filename"].decode(errors="surrogateescape")
        if name in names:
            found[name] = features["image"]
            if len(found) == len(names):
                break
    return found


def _records(files: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, bytes]]:
    for split, paths in files.items():
        for record in records(paths).as_numpy_iterator():
            yield split, record


def _features(record: bytes) -> Features:
    example = tf.train.Example.FromString(record)
    return {
        name: getattr(feature, feature.WhichOneof("kind")).value[0]
        for name, feature in example.features.feature.items()
        if feature.WhichOneof("kind") and getattr(feature, feature.WhichOneof("kind")).value
    }
