"""Puts patients into the splits, for good.

The split is a pure function of the patient and of `data.split_seed`. So it does not depend on what
else is in the folder: adding files never moves an old one. The price is that the shares of a small
class are met by chance only; `check_counts` therefore refuses splits that are too small and names
the seed that spreads this very data best, judged by nothing but the counts.

A cross-validation (`data.fold`) is for one comparison only, so there the folds are dealt evenly
instead; see `folds`.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from components.folds import deal as folds
from components.recipe.data import SPLITS, DataSection, Split
from components.runtime.errors import DataError
from components.runtime.hashing import hash_to_unit

_SEEDS_TO_TRY = 200


def split_of(patient: str, shares: Split, seed: int) -> str:
    """Returns `train`, `eval` or `test`."""
    place = hash_to_unit(patient, seed)
    if place < shares.test:
        return "test"
    return "eval" if place < shares.test + shares.eval else "train"


def assign(images: Sequence[tuple[str, str]], data: DataSection) -> dict[str, str]:
    """Returns patient → split.

    Args:
        images: (class, patient) of every image.
        data: shares and seed, or the fold.

    Raises:
        DataError: some class has fewer patients than there are folds.
    """
    if data.fold is None:
        return {patient: split_of(patient, data.split, data.split_seed) for _, patient in images}
    return folds.assign(images, data.fold, data.split, data.split_seed)


def check_counts(
    counts: Mapping[str, Counter[str]],
    data: DataSection,
    patients: Callable[[], list[tuple[str, str]]],
) -> None:
    """Refuses classes and splits with too few images.

    Args:
        counts: class → split → images.
        data: holds the least numbers.
        patients: returns (class, patient) of every image, to look for a better seed.

    Raises:
        DataError: names the class, the split, the number and a seed that would do.
    """
    for label in data.classes:
        total = sum(counts.get(label, Counter()).values())
        if total < data.min_per_class:
            raise DataError(
                f"Class {label!r} has {total} images, fewer than data.min_per_class = "
                f"{data.min_per_class}. Add images, or lower the value if you know why."
            )
    for label in data.classes:
        for split in SPLITS:
            if (number := counts.get(label, Counter())[split]) < data.min_per_split:
                raise DataError(
                    f"Class {label!r} has {number} images in the {split} split, fewer than "
                    f"data.min_per_split = {data.min_per_split}. {_remedy(data, patients())}"
                )


def best_seed(data: DataSection, patients: list[tuple[str, str]]) -> tuple[int, float]:
    """Returns the seed whose splits come nearest to the wanted shares, and its imbalance."""
    # A large set needs no search: the more patients, the nearer chance comes to the shares. Neither
    # do folds, which are even already.
    small = len(patients) < 5_000 and data.fold is None
    seeds = range(_SEEDS_TO_TRY if small else 10)
    score, seed = min((imbalance(data, patients, seed), seed) for seed in seeds)
    return seed, score


def imbalance(data: DataSection, patients: list[tuple[str, str]], seed: int) -> float:
    """Returns the largest relative distance of a class's share of a split from the wanted one.

    Infinite when a class has fewer images in a split than `data.min_per_split`.
    """
    placed = assign(patients, data.model_copy(update={"split_seed": seed}))
    found = Counter((label, placed[patient]) for label, patient in patients)
    shares = folds.shares(data.fold, data.split) if data.fold else data.split
    totals = Counter(label for label, _ in patients)
    worst = 0.0
    for label, total in totals.items():
        for split in SPLITS:
            if found[label, split] < data.min_per_split:
                return math.inf
            wanted = total * getattr(shares, split)
            worst = max(worst, abs(found[label, split] - wanted) / wanted)
    return worst


def _remedy(data: DataSection, patients: list[tuple[str, str]]) -> str:
    if data.folder_splits == "use":
        return "Add images, or split all images again with --set data.folder_splits=merge."
    seed, score = best_seed(data, patients)
    if data.fold and math.isinf(score):
        return f"Its patients are too few for {data.fold.of} folds: use fewer, or add images."
    if math.isinf(score):
        return "Its patients are too few for three splits: add images of other patients."
    return f"With --set data.split_seed={seed} no class is more than {score:.0%} off its shares."
