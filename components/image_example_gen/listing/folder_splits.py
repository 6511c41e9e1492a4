"""Splits that the folders name already: `train`, `val` and `test` above or below the classes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from components.recipe.data import SPLITS, DataSection, fold
from components.runtime.errors import DataError
from components.runtime.hashing import hash_to_unit

_SPLIT_OF_WORD = {
    "train": "train", "training": "train", "trainset": "train",
    "val": "eval", "valid": "eval", "validation": "eval", "eval": "eval", "dev": "eval",
    "valset": "eval", "devset": "eval",
    "test": "test", "testing": "test", "testset": "test", "holdout": "test",
}  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")


def find(paths: Sequence[str], data: DataSection) -> dict[str, str]:
    """Returns path → split as the folders name it, or {} if they are not to be used.

    Args:
        paths: of the images, below the data folder.
        data: classes and `folder_splits`.

    Raises:
        DataError: see `check_named`; or some image is in no folder that names a split.
    """
    owners = data.class_of_folder()
    named = {path: _class_and_split(path, owners) for path in paths}
    check_named({f"{split}/{label}" for label, split in named.values() if split}, data)
    if data.folder_splits != "use":
        return {}
    if outside := [path for path, (_, split) in named.items() if not split]:
        raise DataError(
            f"{len(outside)} images lie in no folder that names a split, for example "
            f"{outside[0]!r}. Move them, or use --set data.folder_splits=merge."
        )
    return {path: split for path, (_, split) in named.items()}


def check_named(named: Iterable[str], data: DataSection) -> None:
    """Refuses folders that name splits, unless the recipe says what to do about it.

    Folders name splits where some class has images in two of them: `test`, `02_val`, `train_set`.

    Args:
        named: 'split/class' of what the folders name.
        data: `folder_splits`.

    Raises:
        DataError: the folders name splits, and the recipe does not say what to do about it; or
            it says to use them, and there are none.
    """
    splits_of: dict[str, set[str]] = defaultdict(set)
    for split, _, label in (one.partition("/") for one in named):
        splits_of[label].add(split)
    several = any(len(found) > 1 for found in splits_of.values())
    if several and data.folder_splits is None:
        raise DataError(
            "Some folders name splits "
            f"({', '.join(sorted(set().union(*splits_of.values())))}). Say what to do: --set "
            "data.folder_splits=use takes them as they are, and refuses a patient in two; --set "
            "data.folder_splits=merge splits all images again, by patient."
        )
    if not several and data.folder_splits == "use":
        raise DataError(
            "data.folder_splits is `use`, and no class has images in two folders that name "
            f"splits. Such names hold one of these words: {', '.join(_SPLIT_OF_WORD)}. Rename "
            "the folders, or split by patient with --set data.folder_splits=null."
        )


def assign(
    images: Sequence[tuple[str, str]], given: Mapping[str, str], data: DataSection
) -> dict[str, str]:
    """Returns patient → split: as given, and a split that no folder names from those of `train`.

    Args:
        images: (path, patient) of every image.
        given: path → split.
        data: shares and seed.

    Raises:
        DataError: a patient is in two splits.
    """
    found: dict[str, str] = {}
    for path, patient in images:
        if (other := found.setdefault(patient, given[path])) != given[path]:
            raise DataError(
                f"One patient has images in the folders of two splits, {other} and {given[path]}, "
                f"for example {path!r}: the test would not be on unseen patients. Use --set "
                "data.folder_splits=merge."
            )
    missing = [split for split in SPLITS if split not in found.values()]
    return {
        patient: _cut(patient, missing, data) if split == "train" else split
        for patient, split in found.items()
    }


def _cut(patient: str, missing: Sequence[str], data: DataSection) -> str:
    """Returns the split of a patient of `train`, by the shares of it and of the missing ones."""
    place = hash_to_unit(patient, data.split_seed)
    total = data.split.train + sum(getattr(data.split, split) for split in missing)
    for split in missing:
        place -= getattr(data.split, split) / total
        if place < 0:
            return split
    return "train"


def split_beside(folders: Sequence[str], nearest: int) -> str:
    """Returns the split that a folder names beside that of the class, the inmost; '' if none does.

    Args:
        folders: above a file, by `fold`.
        nearest: place of that of the class.
    """
    named = [_split_of(name) for place, name in enumerate(folders) if place != nearest]
    return next((split for split in reversed(named) if split), "")


def _class_and_split(path: str, owners: Mapping[str, str]) -> tuple[str, str]:
    folders = [fold(part) for part in path.split("/")[:-1]]
    nearest = max(place for place, name in enumerate(folders) if name in owners)
    return owners[folders[nearest]], split_beside(folders, nearest)


def _split_of(folder: str) -> str:
    """Returns the split that a folder name holds the word of, '' if there is none, or several."""
    words = _LETTERS.findall(folder)
    found = {_SPLIT_OF_WORD[word] for word in words if word in _SPLIT_OF_WORD}
    return found.pop() if len(found) == 1 else ""
