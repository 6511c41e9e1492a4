"""Labels by persons, from a CSV file, and the predictions that they belong to."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from components.storage.csv_separator import find_separator
from pipeline.monitor.errors import MonitorError
from serving.request_log.reader import Logged
from serving.request_log.study import hash_study

DIGEST, STUDY, FILE, LABEL, PATIENT = "sha256", "study", "file", "label", "patient"


@dataclass(frozen=True)
class Label:
    """What a person says of an image, or of all images of a study.

    Attributes:
        index: of the class.
        patient: any text that is the same for images of one patient.
    """

    index: int
    patient: str


@dataclass(frozen=True)
class Labels:
    """The labels of a file.

    Attributes:
        of: SHA-256 of an image, or the log's hash of a study → its label.
        by_patient: whether the file names patients; else each study, or image, counts as one.
    """

    of: Mapping[str, Label]
    by_patient: bool


@dataclass(frozen=True)
class Matched:
    """Which predictions have a label.

    Attributes:
        rows: SHA-256 of an image → the row of its last prediction.
        labels: the same images → the label.
        unmatched: keys of labels without a prediction.
        by_patient: whether the labels name patients.
    """

    rows: Mapping[str, int]
    labels: Mapping[str, Label]
    unmatched: tuple[str, ...]
    by_patient: bool


def read_labels(
    path: Path,
    classes: tuple[str, ...],
    images: Path | None = None,
    study_key: bytes | None = None,
) -> Labels:
    """Reads a CSV file: `label`, and `sha256`, `study` or `file`; `patient` if there is such.

    Args:
        path: of the file.
        classes: of the model.
        images: folder that the column `file` is relative to; the files are read for their digest.
        study_key: of the request log, for the column `study`; None if it holds no study.

    Raises:
        MonitorError: a column, a class or a file is missing, or an image has two labels.
    """
    columns, rows = _rows(path)
    _check_columns(path, columns, images, study_key)
    found: dict[str, Label] = {}
    for number, row in rows:
        where = f"line {number} of {path}"
        key = _key(row, images, study_key, where)
        label = Label(_class(row[LABEL], classes, where), row.get(PATIENT) or key)
        if found.setdefault(key, label).index != label.index:
            raise MonitorError(
                f"An image has one label. In {where} it has another than before: "
                f"{row[LABEL]!r}. Keep one of the two lines."
            )
    return Labels(found, PATIENT in columns)


def match(logged: Logged, labels: Labels) -> Matched:
    """Returns the predictions with a label: of the image itself, or else of its study.

    Args:
        logged: of the span.
        labels: of the file.

    Raises:
        MonitorError: no prediction has one.
    """
    rows: dict[str, int] = {}
    found: dict[str, Label] = {}
    used: set[str] = set()
    for row, (image, study) in enumerate(zip(logged.images, logged.studies, strict=True)):
        digest = image.decode()
        key = next((key for key in (digest, study.decode()) if key in labels.of), None)
        if key is not None:
            rows[digest], found[digest] = row, labels.of[key]
            used.add(key)
    if not rows:
        raise MonitorError(
            f"None of the {len(labels.of)} labels belongs to a prediction in this span of the log. "
            "Choose a longer --since, or compare the digests: they are of the files as they were "
            "sent."
        )
    unmatched = tuple(key for key in labels.of if key not in used)
    return Matched(rows, found, unmatched, labels.by_patient)


def _check_columns(
    path: Path, columns: Iterable[str], images: Path | None, study_key: bytes | None
) -> None:
    if LABEL not in columns or not {DIGEST, STUDY, FILE} & set(columns):
        raise MonitorError(
            f"A file of labels has a column {LABEL!r}, and {DIGEST!r}, {STUDY!r} or {FILE!r}. "
            f"Received: {path} with {', '.join(columns) or 'no columns'}. Add the column."
        )
    if STUDY in columns and study_key is None and DIGEST not in columns:
        raise MonitorError(
            f"The request log knows no study: it was written by an earlier medtfx, no DICOM file "
            f"was sent, or its file of the key is missing. {path} has the column {STUDY!r}: add a "
            f"column {DIGEST!r} or {FILE!r} instead."
        )
    if not {DIGEST, STUDY} & set(columns) and images is None:
        raise MonitorError(
            f"The request log knows images by their SHA-256. {path} has the column {FILE!r}: "
            f"name the folder of the files with --images, or add a column {DIGEST!r}."
        )


def _rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Returns the names of the columns in lower case, and the rows that are not empty by line."""
    try:
        text, separator = find_separator(
            path.read_text(encoding="utf-8-sig"), {DIGEST, STUDY, FILE, LABEL, PATIENT}
        )
        # `strict`: a quote that is never closed would swallow the rest of the file.
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        rows = [
            (reader.line_num, {name: (row[name] or "").strip() for name in reader.fieldnames})
            for row in reader
        ]
        return reader.fieldnames, [(line, row) for line, row in rows if any(row.values())]
    except UnicodeDecodeError as error:
        raise MonitorError(
            f"A file of labels is a CSV in UTF-8. Byte {error.start} of {path} is not. Save it as "
            "UTF-8."
        ) from error
    except csv.Error as error:
        raise MonitorError(
            f"{path} is no valid CSV. A quote that is never closed is a common reason, or one "
            "inside quotes that is not doubled."
        ) from error


def _key(row: Mapping[str, str], images: Path | None, study_key: bytes | None, where: str) -> str:
    """Returns the SHA-256 of the image, or the hash of the study."""
    if digest := row.get(DIGEST, "").lower():
        return digest
    if study_key is not None and (study := row.get(STUDY)):
        return hash_study(study, study_key)
    name = row.get(FILE, "")
    try:
        return hashlib.sha256(((images or Path()) / name).read_bytes()).hexdigest()
    except OSError as error:
        raise MonitorError(
            f"Each image of the labels is needed for its SHA-256. {where}: {name!r} can't be read "
            f"({error.strerror or error}). Correct the name or --images."
        ) from error


def _class(name: str, classes: tuple[str, ...], where: str) -> int:
    if name not in classes:
        raise MonitorError(
            f"A label is one of {', '.join(classes)}. Received in {where}: {name!r}. Correct it."
        )
    return classes.index(name)
