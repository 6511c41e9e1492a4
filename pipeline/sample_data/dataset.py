"""Writes the sample data set: class folders, metadata table, a few broken files, the marker.

out/
├── COVID/P0003_PA_1.png ...
├── NORMAL/ ...
├── PNEUMONIA/ ...
├── metadata.csv
└── .medtfx-sample-data.json
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.runtime.errors import MedtfxError

from .broken import KINDS, broken_content, plan_broken
from .cohort import CLASSES, Film, plan_films
from .encode import encode
from .radiograph import draw_radiograph

METADATA = "metadata.csv"
COLUMNS = ("filename", "patient_id", "age", "sex", "view", "site")
MARKER = ".medtfx-sample-data.json"

# Raise it whenever the same arguments give other bytes.
GENERATOR = 2

# Three classes of patients must fit into four digits.
LIMITS = {"patients_per_class": (1, 3333), "seed": (0, 2**32 - 1), "size": (32, 2048)}


class SampleDataError(MedtfxError):
    """The sample data cannot be written as asked: the rule, what was found, the remedy."""


@dataclass(frozen=True)
class SampleData:
    """A sample data set on disk.

    Attributes:
        images: Readable images per class.
        patients: People, over all classes.
        broken: Files that cannot be read, over all classes.
        written: False if it was there already.
    """

    images: dict[str, int]
    patients: int
    broken: int
    written: bool


def write_sample_data(
    out: Path, *, patients_per_class: int = 90, seed: int = 7, size: int = 128
) -> SampleData:
    """Draw the sample data into a folder, unless it is there already.

    The same arguments give the same bytes. A complete data set is not written again, so that file
    times stay and pipeline caches hold. One whose drawing was interrupted is drawn again.

    Args:
        out: The folder; made if missing, else empty or holding the same data set.
        patients_per_class: 1..3333; each has 1..3 images, 2 on average. From 5 on every file
            format occurs in every class.
        seed: 0..2**32 - 1; another seed, other people.
        size: 32..2048; typical side of an image in pixels, real ones vary by 12 %.

    Raises:
        SampleDataError: If an argument is out of range, or `out` holds anything else.
    """
    out = Path(out)
    order = {"patients_per_class": patients_per_class, "seed": seed, "size": size}
    _check_limits(order)
    order["generator"] = GENERATOR
    films = plan_films(patients_per_class, seed, size)
    present = _is_complete(out, order)
    if not present:
        _write(out, order, films)
    return SampleData(
        images={label: sum(film.patient.label == label for film in films) for label in CLASSES},
        patients=patients_per_class * len(CLASSES),
        broken=len(KINDS),
        written=not present,
    )


def _check_limits(order: dict[str, int]) -> None:
    """Refuse arguments out of range."""
    for name, (low, high) in LIMITS.items():
        if not low <= (value := order[name]) <= high:
            raise SampleDataError(
                f"Sample data: {name} is a whole number from {low} to {high}. Received: {value}."
            )


# === What is in the folder ===


def _is_complete(out: Path, order: dict[str, int]) -> bool:
    """Whether `out` holds the data set; False if it is free for it."""
    if out.is_file():
        raise SampleDataError(
            f"Sample data needs a folder. Received: {out}, which is a file. Name another path."
        )
    if (out / MARKER).is_file():
        return _read_marker(out, order)
    others = sorted(entry.name for entry in out.iterdir()) if out.is_dir() else []
    if others:
        raise SampleDataError(
            "Sample data goes into an empty folder, so that it never mixes with other images. "
            f"Received: {out}, which holds {others[0]!r}. Name another folder."
        )
    return False


def _read_marker(out: Path, order: dict[str, int]) -> bool:
    """Whether the drawing of this data set was finished."""
    try:
        marker = json.loads((out / MARKER).read_text(encoding="utf-8"))
    except ValueError:  # cut short
        marker = {}
    complete = marker.pop("complete", False)
    if marker != order:
        raise SampleDataError(
            f"The sample data was drawn with other arguments. Wanted: {order}. "
            f"Received: {out}, which holds {marker}. Delete the folder, or name another one."
        )
    return bool(complete)


# === Writing ===


def _write(out: Path, order: dict[str, int], films: list[Film]) -> None:
    """Draw everything; only then the marker says complete."""
    out.mkdir(parents=True, exist_ok=True)
    _mark(out, order, complete=False)
    for label in CLASSES:
        (out / label).mkdir(exist_ok=True)
    for name, data in _contents(films, order["seed"]):
        (out / name).write_bytes(data)
    _mark(out, order, complete=True)


def _mark(out: Path, order: dict[str, int], *, complete: bool) -> None:
    text = json.dumps({**order, "complete": complete})
    (out / MARKER).write_text(text + "\n", encoding="utf-8")


def _contents(films: list[Film], seed: int) -> Iterator[tuple[str, bytes]]:
    """Relative path and bytes of every file."""
    for film in films:
        yield film.path, encode(draw_radiograph(film, seed), film, seed)
    broken = plan_broken(films)
    for kind, film in broken.items():
        yield film.path, broken_content(kind, film, seed)
    yield METADATA, _table([*films, *broken.values()])


def _table(films: list[Film]) -> bytes:
    """One row per image file, the broken ones included: UTF-8 CSV, ordered by file name."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    for film in sorted(films, key=lambda film: film.path):
        who = film.patient
        table.writerow((film.path, who.id, who.age, who.sex, film.view, who.site))
    return stream.getvalue().encode("utf-8")
