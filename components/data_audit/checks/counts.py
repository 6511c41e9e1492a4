"""Numbers of images by class, split and subgroup."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from components.data_audit.finding import Case, Found, count
from components.imaging.measures.image_record import ImageRecord
from components.recipe.data import SPLITS

_MOST_VALUES = 12  # a column with more is not used for subgroups


@dataclass(frozen=True)
class Cell:
    """The numbers of images of a class with one value of a feature, one for each split."""

    label: str
    feature: str
    value: str
    images: tuple[int, ...]


def class_counts(pictures: Sequence[ImageRecord]) -> dict[str, dict[str, int]]:
    """Returns class → split → images."""
    numbers = Counter((picture.label, picture.split) for picture in pictures)
    labels = sorted({picture.label for picture in pictures})
    return {label: {split: numbers[label, split] for split in SPLITS} for label in labels}


def slice_cells(pictures: Sequence[ImageRecord]) -> list[Cell]:
    """Returns the counts by class and value of each feature with few values, fewest in test first.

    Features are the format and the columns of the metadata.
    """
    numbers: Counter[tuple[tuple[str, str, str], str]] = Counter()
    for picture in pictures:
        values = {"format": picture.format} | dict(picture.metadata)
        for feature, value in values.items():
            numbers[(picture.label, feature, str(value)), picture.split] += 1
    few = _few_valued({key[1:] for key, _ in numbers})
    keys = {key for key, _ in numbers if key[1] in few}
    cells = [Cell(*key, tuple(numbers[key, split] for split in SPLITS)) for key in keys]
    return sorted(cells, key=lambda cell: (cell.images[-1], sum(cell.images), cell.label))


def small_cells(pictures: Sequence[ImageRecord], fewest: int) -> Found:
    """Finds classes with few images in a split: their metrics are not reliable."""
    cases = tuple(
        Case((), f"{label} has {count(number, 'image')} in {split}")
        for label, splits in class_counts(pictures).items()
        for split, number in splits.items()
        if number < fewest
    )
    sentence = f"every class has {fewest} images or more in every split"
    if cases:
        listed = ", ".join(case.reason for case in cases[:3])
        sentence = f"{listed}{' and others' if len(cases) > 3 else ''}, fewer than {fewest}"
    return Found("small_cells", sentence, cases, "Collect more images of these classes")


def _few_valued(values: set[tuple[str, str]]) -> set[str]:
    numbers = Counter(feature for feature, _ in values)
    return {feature for feature, number in numbers.items() if 1 < number <= _MOST_VALUES}
