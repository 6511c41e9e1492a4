"""A record comes back as it was stored."""

from dataclasses import replace

import numpy as np
from PIL import PngImagePlugin

from components.imaging.measures.image_record import ImageRecord
from components.imaging.measures.stored import FOLDER, features_without_image, parse
from components.storage.examples import open_writer
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


def test_what_is_known_of_each_image_is_read_without_the_image(one, tmp_path):
    names = "COVID/1.png", "COVID/2.png", "NORMAL/3.png"
    (tmp_path / FOLDER).mkdir()
    for number, of_file in enumerate((names[:2], names[2:])):
        with open_writer(str(tmp_path / FOLDER / f"{number}.gz")) as writer:
            for name in of_file:
                values = example(png(one[1]), "-", "COVID", "p", {"age": 61})
                writer.write(record_of(values | {"filename": name.encode()}, "eval"))
    found = list(features_without_image(str(tmp_path)))
    assert [values["filename"].decode() for values in found] == list(names)
    assert all(values["patient"] == b"p" and values["age"] == 61 for values in found)
    assert not any("image" in values for values in found)
