"""Deals patients to the folds of a cross-validation, evenly by class as far as they allow.

Unlike a split by hash this looks at all patients at once: a few dozen of a rare class would
otherwise be spread by chance, and a fold could miss the class.
"""

from collections import defaultdict
from collections.abc import Sequence

from components.recipe.data import Fold, Split
from components.runtime.errors import DataError
from components.runtime.hashing import hash_to_unit

Images = Sequence[tuple[str, str]]


def assign(images: Images, fold: Fold, split: Split, seed: int) -> dict[str, str]:
    """Returns patient → `train`, `eval` or `test` in one round of a cross-validation.

    Args:
        images: (class, patient) of every image; their order does not matter.
        fold: which round of how many.
        split: its shares of train and eval say how the other folds part.
        seed: another one, other folds.

    Raises:
        DataError: some class has fewer patients than there are folds.
    """
    dealt = fold_numbers(images, fold.of, seed)
    rest = [image for image in images if dealt[image[1]] != fold.number]
    parts = round((split.train + split.eval) / split.eval)
    # Of a class with few patients at least one shall be among those that choose the epoch.
    watching = deal(rest, max(2, min(parts, _fewest_patients(rest)[1])), f"eval/{seed}")
    return {
        patient: "test"
        if number == fold.number
        else ("eval" if watching[patient] == 0 else "train")
        for patient, number in dealt.items()
    }


def fold_numbers(images: Images, count: int, seed: int) -> dict[str, int]:
    """Returns patient → number of the fold, from 1, in every round of a cross-validation.

    Args:
        images: (class, patient) of every image; their order does not matter.
        count: of folds.
        seed: another one, other folds.

    Raises:
        DataError: some class has fewer patients than there are folds.
    """
    check_patients(images, count)
    return {patient: fold + 1 for patient, fold in deal(images, count, f"folds/{seed}").items()}


def deal(images: Images, count: int, salt: str) -> dict[str, int]:
    """Returns patient → fold, 0 to `count` - 1, with a like number of images of each class in each.

    Args:
        images: (class, patient) of every image.
        count: of folds.
        salt: decides between patients who are alike.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    patients = sorted({patient for _, patient in images}, key=lambda p: (hash_to_unit(p, salt), p))
    # The groups are dealt in the order of their numbers where they are alike: no other shuffling,
    # which depends on the version of scikit-learn.
    number = {patient: rank for rank, patient in enumerate(patients)}
    ordered = sorted(images, key=lambda image: (number[image[1]], image[0]))
    labels = [label for label, _ in ordered]
    groups = [number[patient] for _, patient in ordered]
    dealt = {}
    for fold, (_, tested) in enumerate(StratifiedGroupKFold(count).split(labels, labels, groups)):
        dealt.update({patients[groups[index]]: fold for index in tested})
    return dealt


def shares(fold: Fold, split: Split) -> Split:
    """Returns the shares that the splits of a round have."""
    rest = (1 - 1 / fold.of) / (split.train + split.eval)
    return Split(train=split.train * rest, eval=split.eval * rest, test=1 / fold.of)


def check_patients(images: Images, count: int) -> None:
    """Refuses classes with fewer patients than there are folds.

    Args:
        images: (class, patient) of every image.
        count: of folds.

    Raises:
        DataError: names the class.
    """
    label, fewest = _fewest_patients(images)
    if fewest < count:
        raise DataError(
            f"Every fold needs a patient of each class, and class {label!r} has {fewest} patients "
            f"for {count} folds. Use fewer folds, or add images of other patients."
        )


def _fewest_patients(images: Images) -> tuple[str, int]:
    patients: dict[str, set[str]] = defaultdict(set)
    for label, patient in images:
        patients[label].add(patient)
    return min(((label, len(found)) for label, found in patients.items()), key=lambda one: one[1])
