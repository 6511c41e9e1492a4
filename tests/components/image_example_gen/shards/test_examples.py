import io

import pytest
from PIL import Image

from components.image_example_gen.listing.listing import Entry
from components.image_example_gen.shards.examples import read_entry
from components.imaging.measures.stored import parse
from tests.data_section import data_section


@pytest.mark.parametrize("wanted", [False, True])
def test_what_a_file_says_beside_its_picture_is_kept_only_if_wanted(tmp_path, wanted):
    stored = io.BytesIO()
    Image.new("L", (32, 32), 7).save(stored, "JPEG", comment=b"Doe^Jane")
    (tmp_path / "a.jpg").write_bytes(stored.getvalue())
    data = data_section("A", "B", keep_metadata=wanted)
    read = read_entry(str(tmp_path), Entry("a.jpg", "A", "hash", "train"), data)
    assert (b"Doe^Jane" in read.example) == wanted
    assert read.record and bool(parse(read.record).annotations) == wanted


def test_without_a_class_nothing_is_measured(tmp_path):
    Image.new("L", (32, 32), 7).save(tmp_path / "a.png")
    read = read_entry(
        str(tmp_path), Entry("a.png", "", "hash", "unlabelled"), data_section("A", "B")
    )
    assert read.example is not None and read.record is None
