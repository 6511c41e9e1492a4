"""Scores of a made-up model on 60 images of 30 patients at two sites."""

import numpy as np
import pytest

from components.image_example_gen.listing import Entry
from serving.score.origin import Origin
from serving.score.rows import Row

ORIGIN = Origin("chest", 17, ("COVID", "NORMAL"))


@pytest.fixture
def origin() -> Origin:
    return ORIGIN


@pytest.fixture
def entries() -> list[Entry]:
    return [
        Entry(
            f"{label}/{number}.png",
            label,
            f"{label}{number // 2}",
            "test",
            {"site": "ab"[number % 3 == 0]},
        )
        for label in ORIGIN.classes
        for number in range(30)
    ]


@pytest.fixture
def rows(entries) -> list[Row]:
    """Every tenth image is wrong, every fifteenth strange, and one can't be read."""
    found = []
    for number, entry in enumerate(entries):
        truth = ORIGIN.classes.index(entry.label)
        predicted = 1 - truth if number % 10 == 0 else truth
        values = np.where(np.arange(2) == predicted, 0.8, 0.2)
        found.append(
            Row(
                entry.relative, ORIGIN.classes[predicted], tuple(values), number % 5 == 0, 17,
                out_of_distribution=number % 15 == 0,
            )
        )  # fmt: skip
    found[7] = Row(entries[7].relative, version=17, error="truncated: at byte 9")
    found.append(Row("masks/1.png", "COVID", (0.9, 0.1), False, 17))
    return found
