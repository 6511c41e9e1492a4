"""What a pair of equal pictures means depends on where the two stand."""

import pytest

from components.data_audit.checks.duplicates import Group
from components.data_audit.checks.leaks import across_classes, across_splits, within
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
            assert result.cases[0].reason == "the same pixels"
            assert result.remedy
    assert ("in test" in across_splits(groups).sentence) == (split == "test")
