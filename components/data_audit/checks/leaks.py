"""Pictures that stand where they must not stand twice: in two splits, in two classes, at all."""

from collections.abc import Sequence

from components.data_audit.checks.duplicates import Group
from components.data_audit.finding import Case, Found, count
from components.data_audit.image_record import Picture


def across_splits(groups: Sequence[Group]) -> Found:
    """A model that saw a test image in training is not tested by it."""
    found = [group for group in groups if len(_splits(group)) > 1]
    in_test = sum("test" in _splits(group) for group in found)
    sentence = "no picture stands in two splits"
    if found:
        sentence = (
            f"{count(len(found), 'picture stands', 'pictures stand')} in two splits"
            f"{f', {in_test} of them in test' if in_test else ''}"
        )
    return Found(
        "leaks",
        sentence,
        _cases(found),
        "Keep one file of each group, or give all of a group one patient (data.patient), which "
        "keeps them in one split",
    )


def across_classes(groups: Sequence[Group]) -> Found:
    """One of the labels must be wrong."""
    found = [group for group in groups if len(_labels(group)) > 1]
    sentence = "no picture stands in two classes"
    if found:
        sentence = f"{count(len(found), 'picture stands', 'pictures stand')} in two classes"
    return Found(
        "contradictions",
        sentence,
        _cases(found),
        "Ask who labelled them, and keep the file in the class where it belongs",
    )


def within(groups: Sequence[Group]) -> Found:
    """Repeated pictures weigh double."""
    found = [group for group in groups if len(_splits(group)) == len(_labels(group)) == 1]
    sentence = "no picture stands twice in one class and split"
    if found:
        sentence = (
            f"{count(len(found), 'picture stands', 'pictures stand')} more than once in one class "
            "and split"
        )
    return Found("duplicates", sentence, _cases(found), "Keep one file of each group")


def _splits(group: Group) -> set[str]:
    return {picture.split for picture in group.pictures}


def _labels(group: Group) -> set[str]:
    return {picture.label for picture in group.pictures}


def _cases(groups: Sequence[Group]) -> tuple[Case, ...]:
    return tuple(
        Case(tuple(picture.filename for picture in _telling_first(group)), group.reason)
        for group in groups
    )


def _telling_first(group: Group) -> list[Picture]:
    """Returns one picture of each split and class first: the reader sees the first few."""
    firsts = {(picture.split, picture.label): picture for picture in reversed(group.pictures)}
    return sorted(group.pictures, key=lambda picture: picture not in firsts.values())
