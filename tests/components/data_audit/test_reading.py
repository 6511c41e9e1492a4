from dataclasses import replace

import pytest
import tensorflow as tf

from components.data_audit.reading import find_encoded, read_pictures
from components.storage.examples import open_writer, to_example
from tests.components.data_audit.cohort import example, image, png, record_of


@pytest.fixture
def files(tmp_path, one):
    """Two splits with a file each, of two images and one, and a file of others."""
    found = []
    for path, names in {"train/0": ("b", "a"), "test/0": ("c",), "test/1": ("d",)}.items():
        written = tmp_path / path
        written.parent.mkdir(exist_ok=True)
        with tf.io.TFRecordWriter(str(written), "GZIP") as writer:
            for name in names:
                values = example(png(one[1]), name, "COVID", "p", {"sex": "F"})
                writer.write(to_example(values).SerializeToString())
        found.append(str(written))
    return found


def test_the_records_of_a_file_come_in_its_order(tmp_path, one):
    with open_writer(str(tmp_path / "0")) as writer:
        for name, split in (("b", "train"), ("c", "test"), ("a", "train")):
            values = example(png(one[1]), name, "COVID", "p", {"sex": "F"})
            writer.write(record_of(values, split))
    found = read_pictures(str(tmp_path / "0"))
    assert [(p.filename, p.split) for p in found] == [("b", "train"), ("c", "test"), ("a", "train")]
    assert all(picture.metadata == {"sex": "F"} for picture in found)


def test_the_bytes_of_a_few_are_found_by_name_in_the_files_they_are_in(files, one):
    images = [replace(image(name), shard="0") for name in ("c", "a", "d", "nowhere")]
    assert find_encoded(files, images) == dict.fromkeys("ac", png(one[1]))
    assert find_encoded(files, []) == {}
