"""What a pair of equal pictures means depends on where the two stand."""

import pytest

from components.data_audit.checks.duplicates import Group
from components.data_audit.checks.leaks import across_classes, across_splits, in_folds, within
from components.folds.deal import fold_numbers
from tests.components.data_audit.cohort import picture_of, png


@pytest.mark.parametrize(
    ("label", "split", "found"),
    [
        ("COVID", "train", {"duplicates"}),
        ("COVID", "test", {"leaks"}),
        ("NORMAL", "train", {"contradictions"}),
        ("NORMAL", "eval", {"leaks", "contradictions"}),
    ],
)
def test_each_pair_is_what_it_is(one, label, split, found):
    original, image = one
    copy = picture_of(png(image), "b.png", label, split)
    groups = [Group((original, copy), exact=True, similarity=1.0)]
    results = [across_splits(groups), across_classes(groups), within(groups)]
    assert {result.check for result in results if result.cases} == found
    for result in results:
        if result.cases:
            assert result.cases[0].files == (original.filename, "b.png")
            where = f", in {' and '.join(sorted([split, 'train']))}"
            expected = where if result.check == "leaks" else ""
            assert result.cases[0].reason == f"the same pixels{expected}"
            assert result.remedy
    assert ("in test" in across_splits(groups).sentence) == (split == "test")


def test_where_folds_decide_the_split_is_the_fold_of_the_patient(clean):
    dealt = fold_numbers([(picture.label, picture.patient) for picture in clean], 5, seed=3)
    placed = in_folds(clean, 5, seed=3)
    assert [one.split for one in placed] == [f"fold {dealt[one.patient]}" for one in clean]
    assert [one.filename for one in placed] == [one.filename for one in clean]
    pair = (placed[0], next(one for one in placed if one.split != placed[0].split))
    found = across_splits([Group(pair, exact=False, similarity=0.95)], "folds")
    assert found.sentence == "1 picture is in two folds"
    assert found.cases[0].reason.endswith(" and ".join(sorted(one.split for one in pair)))
    assert "in one fold" in found.remedy
