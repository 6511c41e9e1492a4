"""Folders that name splits: taken, merged, or asked about; never overlooked."""

import pytest

from components.image_example_gen.listing import folder_splits
from components.runtime.errors import DataError
from tests.data_section import data_section


def section(**changes):
    return data_section("A", "B", **changes)


def paths(*splits):
    return [
        f"{split}/{label}/{number}.png" for split in splits for label in "AB" for number in "12"
    ]


def test_without_folders_that_name_splits_nothing_is_asked():
    assert folder_splits.find(["A/1.png", "B/1.png", "train/A/2.png"], section()) == {}


def test_folders_that_name_splits_have_to_be_decided_about():
    with pytest.raises(DataError, match=r"test, train.*folder_splits=use.*folder_splits=merge"):
        folder_splits.find(paths("train", "test"), section())
    assert folder_splits.find(paths("train", "test"), section(folder_splits="merge")) == {}


def test_use_takes_them_as_they_are():
    found = folder_splits.find(paths("Train", "val", "TEST"), section(folder_splits="use"))
    assert found["Train/A/1.png"] == "train"
    assert found["val/B/2.png"] == "eval"
    assert found["TEST/A/2.png"] == "test"


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train_set", "test_set"),
        ("trainset", "testset"),
        ("01_train", "02_test"),
        ("train-data", "holdout"),
        ("training images", "external_test"),
    ],
)
def test_a_folder_may_hold_other_words_beside_that_of_the_split(train, test):
    found = folder_splits.find(paths(train, test), section(folder_splits="use"))
    assert found[f"{train}/A/1.png"] == "train"
    assert found[f"{test}/B/2.png"] == "test"


@pytest.mark.parametrize("names", [("train_test", "val_test"), ("contrast", "latest"), ("1", "2")])
def test_a_folder_of_two_splits_or_of_none_names_none(names):
    assert folder_splits.find(paths(*names), section()) == {}


def test_splits_inside_the_class_folders_are_seen():
    inside = [f"{label}/{split}/1.png" for label in "AB" for split in ("train", "test")]
    with pytest.raises(DataError, match="folder_splits=use"):
        folder_splits.find(inside, section())
    found = folder_splits.find(inside, section(folder_splits="use"))
    assert found["B/test/1.png"] == "test"


def test_the_folder_of_a_class_names_no_split():
    data = section(classes=["test", "train"])
    assert folder_splits.find(["test/1.png", "train/1.png"], data) == {}


@pytest.mark.parametrize("given", [paths("a", "b"), paths("train"), ["A/1.png", "B/1.png"]])
def test_use_without_such_folders_is_refused(given):
    with pytest.raises(DataError, match=r"no class has images in two folders.*splits=null"):
        folder_splits.find(given, section(folder_splits="use"))


def test_use_refuses_images_outside():
    with pytest.raises(DataError, match=r"1 images lie in no folder.*'A/9\.png'"):
        folder_splits.find([*paths("train", "test"), "A/9.png"], section(folder_splits="use"))


def test_a_patient_in_two_splits_is_refused():
    given = {"train/A/1.png": "train", "test/A/1.png": "test"}
    images = [("train/A/1.png", "P1"), ("test/A/1.png", "P1")]
    with pytest.raises(DataError, match="One patient has images in the folders of two splits"):
        folder_splits.assign(images, given, section())


def test_a_missing_split_is_formed_from_train():
    images = [(f"train/A/{number}.png", f"P{number}") for number in range(500)]
    images += [("test/A/x.png", "X")]
    given = {path: path.split("/")[0] for path, _ in images}
    found = folder_splits.assign(images, given, section())
    assert found["X"] == "test"
    share = sum(split == "eval" for split in found.values()) / 500
    assert 0.14 < share < 0.26  # 0.16 of 0.80, that is 0.2
    assert all(split in ("train", "eval") for patient, split in found.items() if patient != "X")
