import pytest
import tensorflow as tf

from components.data_audit.reading import find_encoded, read_pictures
from components.storage.examples import open_writer, to_example
from tests.components.data_audit.cohort import example, png, record_of


@pytest.fixture
def files(tmp_path, one):
    """Two splits with a file each, of two images and one."""
    found = {}
    for split, names in {"train": ("b", "a"), "test": ("c",)}.items():
        path = str(tmp_path / split)
        with tf.io.TFRecordWriter(path, "GZIP") as writer:
            for name in names:
                values = example(png(one[1]), name, "COVID", "p", {"sex": "F"})
                writer.write(to_example(values).SerializeToString())
        found[split] = [path]
    return found


def test_the_records_of_all_files_come_in_the_order_of_their_names(tmp_path, one):
    for number, rows in enumerate(([("b", "train"), ("c", "test")], [("a", "train")])):
        with open_writer(str(tmp_path / str(number))) as writer:
            for name, split in rows:
                values = example(png(one[1]), name, "COVID", "p", {"sex": "F"})
                writer.write(record_of(values, split))
    found = read_pictures(map(str, tmp_path.iterdir()))
    assert [(p.filename, p.split) for p in found] == [("a", "train"), ("b", "train"), ("c", "test")]
    assert all(picture.metadata == {"sex": "F"} for picture in found)


def test_the_bytes_of_a_few_are_found_by_name(files, one):
    assert find_encoded(files, {"c", "a", "nowhere"}) == dict.fromkeys("ac", png(one[1]))
    assert find_encoded(files, set()) == {}
