"""The records of images as bytes: what ImageExampleGen writes, and who needs no pixels reads."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from typing import Any

import numpy as np
import tensorflow as tf

from components.imaging.measures.annotations import Annotation
from components.imaging.measures.image_record import THUMBNAIL, ImageRecord, Measures, describe
from components.storage.examples import Value, records, to_example

FOLDER = "measures"  # in the Examples' artifact, beside the folders of its splits


def serialize(values: Mapping[str, Value], split: str, measures: Measures) -> bytes:
    """Returns a tf.Example that holds the one of the image, without its pixels, and the measures.

    Args:
        values: the features of the image's Example.
        split: of the image.
        measures: of the same.
    """
    others = {name: value for name, value in values.items() if name != "image"}
    plain = {
        "colour": measures.colour,
        "extremes": measures.extremes,
        "text_marks": measures.text_marks,
        "annotations": [astuple(annotation) for annotation in measures.annotations],
    }
    stored: dict[str, Value] = {
        "example": to_example(others).SerializeToString(deterministic=True),
        "split": split,
        "plain": json.dumps(plain),
        "digest": measures.digest,
        "hash": np.packbits(measures.hash).tobytes(),
        "thumbnail": measures.thumbnail.tobytes(),
    }
    return bytes(to_example(stored).SerializeToString(deterministic=True))


def parse(record: bytes) -> ImageRecord:
    """Returns what `serialize` has stored."""
    stored = feature_values(record)
    plain = json.loads(stored["plain"])
    plain["annotations"] = tuple(Annotation(*pair) for pair in plain["annotations"])
    measures = Measures(
        **plain,
        digest=stored["digest"],
        hash=np.unpackbits(np.frombuffer(stored["hash"], np.uint8)).astype(bool),
        thumbnail=np.frombuffer(stored["thumbnail"], np.uint8).reshape(THUMBNAIL, THUMBNAIL, 3),
    )
    return describe(feature_values(stored["example"]), stored["split"].decode(), measures)


def features_without_image(examples: str) -> Iterator[dict[str, Any]]:
    """Yields the features of all images but `image`: name → bytes, int or float.

    Args:
        examples: folder of the artifact; its images, which may be gigabytes, are not read.
    """
    for record in records(tf.io.gfile.glob(f"{examples}/{FOLDER}/*")).as_numpy_iterator():
        yield feature_values(feature_values(record)["example"])


def feature_values(record: bytes) -> dict[str, Any]:
    """Returns name → value (bytes, int or float) of a tf.Example with one value a feature."""
    found = {}
    for name, feature in tf.train.Example.FromString(record).features.feature.items():
        kind = feature.WhichOneof("kind")
        if kind and (values := getattr(feature, kind).value):
            found[name] = values[0]
    return found
