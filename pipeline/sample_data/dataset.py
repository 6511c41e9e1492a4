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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .broken import BrokenFile, plan_broken
from .cohort import CLASSES, Film, plan_films
from .encode import encode
from .marker import SampleDataError, begin, digest, finish, is_complete
from .phantom import draw_radiograph

METADATA = "metadata.csv"
COLUMNS = ("filename", "patient_id", "age", "sex", "view", "site")

# Three classes of patients must fit into four digits.
LIMITS = {"patients_per_class": (1, 3333), "seed": (0, 2**32 - 1), "size": (32, 2048)}


@dataclass(frozen=True)
class SampleData:
    """A sample data set on disk.

    Attributes:
        root: Its folder.
        metadata: Its table, one row per image file, the broken ones included.
        images: Readable images per class.
        patients: People, over all classes.
        broken: Files that cannot be read, over all classes.
        written: False if it was there already.
    """

    root: Path
    metadata: Path
    images: dict[str, int]
    patients: int
    broken: int
    written: bool


def write_sample_data(
    out: Path, *, patients_per_class: int = 70, seed: int = 7, size: int = 160
) -> SampleData:
    """Draw the sample data into a folder, unless it is there already.

    The same arguments give the same bytes. A complete data set is left untouched, so file times
    stay and pipeline caches hold; files added to it are ignored. One whose drawing was interrupted
    is drawn anew.

    Args:
        out: The folder; made if missing, else empty or holding the same data set.
        patients_per_class: 1..3333; each has 1..3 images, 2 on average. From 10 on every file
            format occurs.
        seed: 0..2**32 - 1; another seed, other people.
        size: 32..2048; typical side of an image in pixels, real ones vary by 12 %.

    Raises:
        SampleDataError: If an argument is out of range, or `out` holds anything else.
    """
    out = Path(out)
    order = {"patients_per_class": patients_per_class, "seed": seed, "size": size}
    _check_limits(order)
    films = plan_films(patients_per_class, seed, size)
    broken = plan_broken(films)
    present = is_complete(out, order)
    if not present:
        _write(out, order, films, broken)
    return SampleData(
        root=out,
        metadata=out / METADATA,
        images={label: sum(film.patient.label == label for film in films) for label in CLASSES},
        patients=patients_per_class * len(CLASSES),
        broken=len(broken),
        written=not present,
    )


def _check_limits(order: dict[str, int]) -> None:
    """Refuse arguments out of range."""
    for name, (low, high) in LIMITS.items():
        if not low <= order[name] <= high:
            raise SampleDataError(
                f"Sample data: {name} is a whole number from {low} to {high}. "
                f"Received: {order[name]}."
            )


def _write(out: Path, order: dict[str, int], films: list[Film], broken: list[BrokenFile]) -> None:
    """Draw everything; the marker comes last, so that half a set never passes for a whole one."""
    for label in CLASSES:
        (out / label).mkdir(parents=True, exist_ok=True)
    begin(out, order)
    digests = {}
    for name, data in _contents(films, broken, order["seed"]):
        (out / name).write_bytes(data)
        digests[name] = digest(data)
    finish(out, order, digests)


def _contents(
    films: list[Film], broken: list[BrokenFile], seed: int
) -> Iterator[tuple[str, bytes]]:
    """Relative path and bytes of every file."""
    for film in films:
        yield film.path, encode(draw_radiograph(film, seed), film, seed)
    for damaged in broken:
        yield damaged.film.path, damaged.content(seed)
    yield METADATA, _table([*films, *(damaged.film for damaged in broken)])


def _table(films: list[Film]) -> bytes:
    """What a hospital's information system would export: UTF-8 CSV, ordered by file name."""
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    for film in sorted(films, key=lambda film: film.path):
        who = film.patient
        table.writerow((film.path, who.id, who.age, who.sex, film.view, who.site))
    return stream.getvalue().encode("utf-8")
