import json
from dataclasses import replace

import pytest

from components.data_audit.checks.counts import (
    Counts,
    class_counts,
    read_counts,
    slice_cells,
    small_cells,
)


def counts(pictures) -> Counts:
    """Returns the counts, added up of two parts."""
    whole = Counts()
    for part in (pictures[::2], pictures[1::2]):
        counted = Counts()
        for picture in part:
            counted.add(picture)
        whole.merge(read_counts(json.loads(json.dumps(counted.plain()))))
    return whole


@pytest.fixture
def few(one):
    """Two classes, three splits, four images."""
    places = [("a", "train", "F"), ("a", "train", "M"), ("a", "test", "F"), ("b", "train", "F")]
    return [
        replace(one[0], label=label, split=split, metadata={"sex": sex, "id": number})
        for number, (label, split, sex) in enumerate(places)
    ]


def test_images_are_counted_by_class_and_split(few):
    assert class_counts(counts(few)) == {
        "a": {"train": 2, "eval": 0, "test": 1},
        "b": {"train": 1, "eval": 0, "test": 0},
    }


def test_subgroups_with_the_fewest_test_images_come_first(few):
    cells = [
        (cell.label, cell.value, cell.images)
        for cell in slice_cells(counts(few))
        if cell.feature == "sex"
    ]
    assert cells[0][2][-1] == 0 and cells[-1] == ("a", "F", (1, 0, 1))
    assert len(cells) == 3


def test_a_column_with_many_values_makes_no_subgroups(few):
    many = [replace(few[0], metadata={"id": number}) for number in range(20)]
    assert {cell.feature for cell in slice_cells(counts(many))} == set()
    assert "id" in {cell.feature for cell in slice_cells(counts(few))}


def test_classes_with_few_images_in_a_split_are_found(few):
    found = small_cells(counts(few), fewest=1)
    assert [case.reason for case in found.cases] == [
        "a has 0 images in eval", "b has 0 images in eval", "b has 0 images in test",
    ]  # fmt: skip
    assert found.sentence.endswith("b has 0 images in test, fewer than 1")
    assert small_cells(counts(few), fewest=0).cases == ()
