"""A record comes back as it was stored."""

from dataclasses import replace

import numpy as np
from PIL import PngImagePlugin

from components.imaging.measures.image_record import ImageRecord
from components.imaging.measures.stored import parse
from tests.components.data_audit.cohort import example, picture_of, png, record_of


def test_a_record_comes_back_as_it_was_stored(one):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Comment", "Name: Doe")
    data = png(one[1], pnginfo=chunks)
    metadata: dict[str, str | int] = {"sex": "F", "age": 61, "split": "mine"}
    expected = picture_of(data, "-", "COVID", "eval", "p", metadata)
    expected = replace(expected, filename="a/\udced.png")
    values = example(data, "-", "COVID", "p", metadata) | {"filename": b"a/\xed.png"}
    found = parse(record_of(values, "eval"))
    for name in ImageRecord.__dataclass_fields__:
        ours, theirs = getattr(found, name), getattr(expected, name)
        if name in ("mean", "std"):  # as in the Example: float32
            theirs = float(np.float32(theirs))
        np.testing.assert_array_equal(ours, theirs, name)
    assert found.annotations and found.metadata == metadata
