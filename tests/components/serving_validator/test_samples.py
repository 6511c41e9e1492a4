import pytest

from components.serving_validator.samples import StoredImage, few_of_each_class, find_by_name
from tests.components.serving_validator.conftest import stored_image


@pytest.fixture
def split(write_split, tmp_path):
    """Ten dark images before three bright ones, and a name that is no UTF-8."""
    stored = [stored_image(0, number) for number in range(10)]
    stored += [stored_image(1, number) for number in range(3)]
    stored.append(StoredImage("caf\udce9/x.png", 1, b"bytes"))
    return [write_split(tmp_path / "Split-test", stored)]


def test_every_class_is_there_however_rare(split):
    found = few_of_each_class(split, classes=2, count=2)
    assert [image.filename for image in found] == [
        "dark/0.png",
        "dark/1.png",
        "bright/0.png",
        "bright/1.png",
    ]


def test_fewer_images_than_asked_for(split):
    labels = [image.label for image in few_of_each_class(split, classes=2, count=20)]
    assert labels == [0] * 10 + [1] * 4


def test_images_are_found_by_their_name(split):
    wanted = {"bright/2.png", "caf\udce9/x.png", "dark/of another split.png"}
    assert find_by_name(split, wanted) == {
        "bright/2.png": stored_image(1, 2).encoded,
        "caf\udce9/x.png": b"bytes",
    }
