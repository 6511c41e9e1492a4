"""The same picture in two splits, in two classes, or twice in one class and split."""

from collections.abc import Sequence

from components.data_audit.checks.duplicates import Group
from components.data_audit.finding import Case, Found, count
from components.imaging.measures.image_record import ImageRecord


def across_splits(groups: Sequence[Group]) -> Found:
    """Finds pictures in two splits: a test image that was in training does not test the model."""
    found = [group for group in groups if len(_splits(group)) > 1]
    in_test = sum("test" in _splits(group) for group in found)
    sentence = "no picture is in two splits"
    if found:
        sentence = (
            f"{count(len(found), 'picture is', 'pictures are')} in two splits"
            f"{f', {in_test} of them in test' if in_test else ''}"
        )
    return Found(
        "leaks",
        sentence,
        _cases(found),
        "Keep one file of each group, or give all files of a group the same patient "
        "(data.patient), which keeps them in one split",
    )


def across_classes(groups: Sequence[Group]) -> Found:
    """Finds pictures in two classes: one of the labels is wrong."""
    found = [group for group in groups if len(_labels(group)) > 1]
    sentence = "no picture is in two classes"
    if found:
        sentence = f"{count(len(found), 'picture is', 'pictures are')} in two classes"
    return Found(
        "contradictions",
        sentence,
        _cases(found),
        "Check the labels, and keep each file in the right class only",
    )


def within(groups: Sequence[Group]) -> Found:
    """Finds pictures that are in one class and split more than once: they count twice."""
    found = [group for group in groups if len(_splits(group)) == len(_labels(group)) == 1]
    sentence = "no picture is in one class and split twice"
    if found:
        sentence = (
            f"{count(len(found), 'picture is', 'pictures are')} in one class and split more "
            "than once"
        )
    return Found("duplicates", sentence, _cases(found), "Keep one file of each group")


def _splits(group: Group) -> set[str]:
    return {picture.split for picture in group.pictures}


def _labels(group: Group) -> set[str]:
    return {picture.label for picture in group.pictures}


def _cases(groups: Sequence[Group]) -> tuple[Case, ...]:
    return tuple(
        Case(tuple(picture.filename for picture in _different_first(group)), group.reason)
        for group in groups
    )


def _different_first(group: Group) -> list[ImageRecord]:
    """Returns one picture of each split and class first: the reader sees the first few."""
    firsts = {(picture.split, picture.label): picture for picture in reversed(group.pictures)}
    return sorted(group.pictures, key=lambda picture: picture not in firsts.values())
