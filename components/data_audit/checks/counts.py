"""Numbers of images by class, split and subgroup."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from components.data_audit.finding import Case, Found, count
from components.imaging.measures.image_record import ImageRecord
from components.recipe.data import SPLITS

_MOST_VALUES = 12  # a column with more is not used for subgroups

# (class, split) → images
Numbers = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """The numbers of images of a class with one value of a feature, one for each split."""

    label: str
    feature: str
    value: str
    images: tuple[int, ...]


@dataclass
class Counts:
    """Numbers of images; those of parts add up.

    Attributes:
        images: (class, split) → images.
        cells: feature → value → the same; None for a feature with too many values.
    """

    images: Numbers = field(default_factory=Counter)
    cells: dict[str, dict[str, Numbers] | None] = field(default_factory=dict)

    def add(self, picture: ImageRecord) -> None:
        """Counts an image, by its class, its format and the columns of its metadata."""
        one = Counter({(picture.label, picture.split): 1})
        self.images.update(one)
        for feature, value in ({"format": picture.format} | dict(picture.metadata)).items():
            self._count(feature, str(value), one)

    def merge(self, other: "Counts") -> None:
        """Adds the numbers of other images."""
        self.images.update(other.images)
        for feature, values in other.cells.items():
            if values is None:
                self.cells[feature] = None
            for value, numbers in (values or {}).items():
                self._count(feature, value, numbers)

    def plain(self) -> list[Any]:
        """Returns what JSON can hold."""
        cells = {
            feature: None
            if values is None
            else {value: _rows(numbers) for value, numbers in values.items()}
            for feature, values in self.cells.items()
        }
        return [_rows(self.images), cells]

    def _count(self, feature: str, value: str, numbers: Numbers) -> None:
        values = self.cells.setdefault(feature, {})
        if values is not None:
            values.setdefault(value, Counter()).update(numbers)
            if len(values) > _MOST_VALUES:
                self.cells[feature] = None


def read_counts(plain: list[Any]) -> Counts:
    """Returns what `Counts.plain` has returned."""
    images, cells = plain
    return Counts(
        _numbers(images),
        {
            feature: values and {value: _numbers(rows) for value, rows in values.items()}
            for feature, values in cells.items()
        },
    )


def class_counts(counts: Counts) -> dict[str, dict[str, int]]:
    """Returns class → split → images."""
    labels = sorted({label for label, _ in counts.images})
    return {label: {split: counts.images[label, split] for split in SPLITS} for label in labels}


def slice_cells(counts: Counts) -> list[Cell]:
    """Returns the counts by class and value of each feature with few values, fewest in test first.

    Features are the format and the columns of the metadata.
    """
    cells = [
        Cell(label, feature, value, tuple(numbers[label, split] for split in SPLITS))
        for feature, values in counts.cells.items()
        if values is not None and len(values) > 1
        for value, numbers in values.items()
        for label in {label for label, _ in numbers}
    ]
    return sorted(
        cells,
        key=lambda one: (one.images[-1], sum(one.images), one.label, one.feature, one.value),
    )


def small_cells(counts: Counts, fewest: int) -> Found:
    """Finds classes with few images in a split: their metrics are not reliable."""
    cases = tuple(
        Case((), f"{label} has {count(number, 'image')} in {split}")
        for label, splits in class_counts(counts).items()
        for split, number in splits.items()
        if number < fewest
    )
    sentence = f"every class has {fewest} images or more in every split"
    if cases:
        listed = ", ".join(case.reason for case in cases[:3])
        sentence = f"{listed}{' and others' if len(cases) > 3 else ''}, fewer than {fewest}"
    return Found("small_cells", sentence, cases, "Collect more images of these classes")


def _rows(numbers: Numbers) -> list[list[Any]]:
    return [[*key, number] for key, number in numbers.items()]


def _numbers(rows: list[list[Any]]) -> Numbers:
    return Counter({(label, split): number for label, split, number in rows})
