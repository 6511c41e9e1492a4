"""The first pass: what is the same in two images, and what adds up over all."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.candidate_pairs import PICTURE, picture_rows
from components.data_audit.checks.duplicates import split_copies
from components.data_audit.passes.persons import PERSON, divided, person_rows
from components.data_audit.passes.survey import Survey, read_survey
from components.data_audit.passes.workplace import Piece
from components.data_audit.reading import read_pictures

# What its files are named; those of parts have a number.
SURVEY, DEALT = "survey", "dealt"
DISTINCT, COPIES = "distinct", "copies"
PATIENTS, IN_TWO = "patients", {"split": "two-splits", "label": "two-classes"}
_PICTURES, _PERSONS = "pictures", "persons"

_FILES = 400  # of a part: 200,000 images, 20 MB of rows
_ROW_BITS = 32

Item = tuple[int, str]


def place_of(number: int) -> int:
    """Returns the place of the first picture of a file."""
    return number << _ROW_BITS


def parts_for(files: int) -> int:
    """Returns into how many parts the pictures are divided, a power of two."""
    return 1 << math.ceil(math.log2(max(1, files / _FILES)))


@dataclass(frozen=True)
class FirstPass:
    """Number and path of a file of records → sums, the same pictures, and divided patients.

    Attributes:
        parts: into which pictures and patients are divided.
        deal: whether the images of each patient are counted, to deal them to folds.
    """

    parts: int
    deal: bool

    def emit(self, item: Item) -> Iterator[Piece]:
        """Returns the pieces of a file."""
        number, path = item
        pictures = read_pictures(path)
        survey = Survey()
        for picture in pictures:
            survey.add(picture)
        yield SURVEY, survey.to_bytes()
        rows = picture_rows(pictures, place_of(number))
        yield from self._divide(_PICTURES, rows, rows["digest"][:, 0])
        persons = person_rows(pictures, place_of(number))
        yield from self._divide(_PERSONS, persons, persons["patient"])
        if self.deal:
            dealt = Counter((picture.label, picture.patient) for picture in pictures)
            yield DEALT, json.dumps([[*pair, many] for pair, many in dealt.items()]).encode()

    def reduce(self, key: str, pieces: Iterable[bytes]) -> Iterator[Piece]:
        """Returns the files of a kind, or of a part of it."""
        kind, _, part = key.partition("-")
        if kind == SURVEY:
            yield SURVEY, read_survey(pieces).to_bytes()
        elif kind == DEALT:
            yield DEALT, json.dumps([row for piece in pieces for row in json.loads(piece)]).encode()
        elif kind == _PICTURES:
            distinct, copies = split_copies(np.frombuffer(b"".join(pieces), PICTURE))
            yield f"{DISTINCT}-{part}", distinct.tobytes()
            if len(copies):
                yield f"{COPIES}-{part}", copies.tobytes()
        else:
            rows = np.frombuffer(b"".join(pieces), PERSON)
            yield f"{PATIENTS}-{part}", str(len(np.unique(rows["patient"]))).encode()
            for side, name in IN_TWO.items():
                if len(found := divided(rows, side)):
                    yield f"{name}-{part}", found.tobytes()

    def _divide(self, kind: str, rows: NDArray[np.void], by: NDArray[np.uint64]) -> Iterator[Piece]:
        part_of = by % np.uint64(self.parts)
        for part in np.unique(part_of).tolist():
            yield f"{kind}-{part:05d}", rows[part_of == part].tobytes()


def read_dealt(content: bytes) -> list[tuple[str, str]]:
    """Returns (class, patient) of every image."""
    rows: Sequence[tuple[str, str, int]] = json.loads(content)
    return [(label, patient) for label, patient, many in rows for _ in range(many)]
