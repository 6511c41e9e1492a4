import pytest
import tensorflow as tf

from components.data_audit.reading import find_encoded, read_pictures
from components.storage.examples import to_example
from tests.components.data_audit.cohort import example, png


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


def test_images_of_all_splits_are_measured_in_the_order_of_their_names(files):
    found = read_pictures(files, total=3)
    assert [(p.filename, p.split) for p in found] == [("a", "train"), ("b", "train"), ("c", "test")]
    assert all(picture.metadata == {"sex": "F"} for picture in found)


def test_the_bytes_of_a_few_are_found_by_name(files, one):
    assert find_encoded(files, {"c", "a", "nowhere"}) == dict.fromkeys("ac", png(one[1]))
    assert find_encoded(files, set()) == {}
