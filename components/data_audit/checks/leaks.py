"""The same picture in two splits or folds, in two classes, or twice in one class and split.

Where folds decide, the split of a picture here is its fold, as `in_folds` writes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from components.data_audit.checks.duplicates import Group
from components.data_audit.finding import Case, Found, Image, count


def in_folds(groups: Sequence[Group], fold_of: Mapping[str, int]) -> list[Group]:
    """Returns the groups with the fold of each image in place of its split.

    Args:
        groups: of all images.
        fold_of: patient → number of the fold.
    """
    return [
        replace(
            group,
            images=tuple(
                replace(image, split=f"fold {fold_of[image.patient]}") for image in group.images
            ),
        )
        for group in groups
    ]


def across_splits(groups: Sequence[Group], parts: str = "splits") -> Found:
    """Finds pictures in two splits: a test image that was in training does not test the model.

    Args:
        groups: of all pictures.
        parts: `folds` for pictures of `in_folds`.
    """
    found = [group for group in groups if len(_splits(group)) > 1]
    in_test = sum("test" in _splits(group) for group in found)
    sentence = f"no picture is in two {parts}"
    if found:
        sentence = (
            f"{count(len(found), 'picture is', 'pictures are')} in two {parts}"
            f"{f', {in_test} of them in test' if in_test else ''}"
        )
    return Found(
        "leaks",
        sentence,
        tuple(
            Case(_ordered(group), f"{group.reason}, in {' and '.join(sorted(_splits(group)))}")
            for group in found
        ),
        "Keep one file of each group, or give all files of a group the same patient "
        f"(data.patient), which keeps them in one {parts.removesuffix('s')}",
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


def within(groups: Sequence[Group], parts: str = "splits") -> Found:
    """Finds pictures that are in one class and split more than once: they count twice.

    Args:
        groups: of all pictures.
        parts: `folds` for pictures of `in_folds`.
    """
    found = [group for group in groups if len(_splits(group)) == len(_labels(group)) == 1]
    part = parts.removesuffix("s")
    sentence = f"no picture is in one class and {part} twice"
    if found:
        sentence = (
            f"{count(len(found), 'picture is', 'pictures are')} in one class and {part} more "
            "than once"
        )
    return Found("duplicates", sentence, _cases(found), "Keep one file of each group")


def _splits(group: Group) -> set[str]:
    return {image.split for image in group.images}


def _labels(group: Group) -> set[str]:
    return {image.label for image in group.images}


def _cases(groups: Sequence[Group]) -> tuple[Case, ...]:
    return tuple(Case(_ordered(group), group.reason) for group in groups)


def _ordered(group: Group) -> tuple[Image, ...]:
    """Returns one image of each split and class first: the reader sees the first few."""
    firsts = {(image.split, image.label): image for image in reversed(group.images)}.values()
    return tuple(sorted(group.images, key=lambda image: image not in firsts))
