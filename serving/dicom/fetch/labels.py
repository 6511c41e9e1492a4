"""The CSV of accession numbers and labels: which studies are wanted, and of what class."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from components.storage.csv_separator import find_separator
from serving.dicom.errors import FetchError

ACCESSION, LABEL = "accession", "label"
_WILDCARD = re.compile(r"[*?\\]")  # a PACS would send other patients' studies
_NO_FOLDER = re.compile(r"[/\\\x00-\x1f]|^\.|^$")


@dataclass(frozen=True)
class LabelledStudy:
    """A row of the CSV.

    Attributes:
        accession: the accession number (0008,0050).
        label: the class, which becomes a folder.
        row: number of the line, from 2; the first names the columns.
    """

    accession: str
    label: str
    row: int


def read_labels(path: Path) -> list[LabelledStudy]:
    """Reads the CSV, UTF-8, with the columns `accession` and `label`, in any order.

    Raises:
        FetchError: it lacks a column or rows, an accession number stands for two classes or holds a
            wildcard, or a label is no name of a folder.
        OSError: it can't be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FetchError(
            f"The labels are a CSV in UTF-8. Received: {path}, whose byte {error.start} is not. "
            "Save it again as UTF-8."
        ) from None
    text, separator = find_separator(text, {ACCESSION, LABEL})
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        if {ACCESSION, LABEL} - set(names):
            raise FetchError(
                f"The labels need the columns `{ACCESSION}` and `{LABEL}`. Received: {path}, with "
                f"the columns {names}."
            )
        studies = [study for row in reader if (study := _study(row, reader.line_num, path))]
    except csv.Error as error:
        raise FetchError(f"{path}, line {reader.line_num}, is no CSV: {error}.") from None
    return _distinct(studies, path)


def _study(row: dict[str, str], line: int, path: Path) -> LabelledStudy | None:
    accession, label = ((row[name] or "").strip() for name in (ACCESSION, LABEL))
    if not accession and not label:
        return None
    if not accession or len(accession) > 16 or _WILDCARD.search(accession):
        raise FetchError(
            f"An accession number has 1 to 16 characters, and none of *, ? and \\, which find "
            f"other studies too. Received in {path}, line {line}: {accession!r}."
        )
    if _NO_FOLDER.search(label):
        raise FetchError(
            "A label becomes a folder: it has no / or \\, and begins with no dot. Received in "
            f"{path}, line {line}: {label!r}."
        )
    return LabelledStudy(accession, label, line)


def _distinct(studies: list[LabelledStudy], path: Path) -> list[LabelledStudy]:
    first: dict[str, LabelledStudy] = {}
    for study in studies:
        known = first.setdefault(study.accession, study)
        if known.label != study.label:
            raise FetchError(
                f"An accession number stands for one class. {path} says {known.label!r} in line "
                f"{known.row} and {study.label!r} in line {study.row}. Correct one."
            )
    if not first:
        raise FetchError(f"{path} names no study. Fill in accession numbers and labels.")
    return list(first.values())
