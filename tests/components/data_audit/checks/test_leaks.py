"""What a pair of equal pictures means depends on where the two stand."""

import pytest

from components.data_audit.checks.duplicates import Group
from components.data_audit.checks.leaks import across_classes, across_splits, in_folds, within
from tests.components.data_audit.cohort import image


@pytest.mark.parametrize(
    ("label", "split", "found"),
    [
        ("COVID", "train", {"duplicates"}),
        ("COVID", "test", {"leaks"}),
        ("NORMAL", "train", {"contradictions"}),
        ("NORMAL", "eval", {"leaks", "contradictions"}),
    ],
)
def test_each_pair_is_what_it_is(label, split, found):
    groups = [Group((image("a.png"), image("b.png", split, label)), exact=True, similarity=1.0)]
    results = [across_splits(groups), across_classes(groups), within(groups)]
    assert {result.check for result in results if result.cases} == found
    for result in results:
        if result.cases:
            assert result.cases[0].files == ("a.png", "b.png")
            where = f", in {' and '.join(sorted([split, 'train']))}"
            expected = where if result.check == "leaks" else ""
            assert result.cases[0].reason == f"the same pixels{expected}"
            assert result.remedy
    assert ("in test" in across_splits(groups).sentence) == (split == "test")


def test_where_folds_decide_the_split_is_the_fold_of_the_patient():
    images = (image("a", patient="p"), image("b", "test", patient="q"), image("c", patient="p"))
    groups = [Group(images, exact=False, similarity=0.95)]
    (placed,) = in_folds(groups, {"p": 3, "q": 1})
    assert [one.split for one in placed.images] == ["fold 3", "fold 1", "fold 3"]
    found = across_splits([placed], "folds")
    assert found.sentence == "1 picture is in two folds"
    assert found.cases[0].reason.endswith("fold 1 and fold 3")
    assert found.cases[0].files == ("a", "b", "c")
    assert "in one fold" in found.remedy
