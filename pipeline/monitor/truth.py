"""The recall of the model where it works, once labels are known."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from components.gate.floors import held, reaches
from components.gate.results import ClassResult, class_results
from components.recipe.evaluation import EvaluationSection
from components.storage.csv_separator import find_separator
from pipeline.monitor.errors import MonitorError
from serving.request_log.reader import Logged

DIGEST, FILE, LABEL, PATIENT = "sha256", "file", "label", "patient"
Verdict = Literal["reaches", "open", "below"]


@dataclass(frozen=True)
class Label:
    """What a person says of an image.

    Attributes:
        index: of the class.
        patient: any text that is the same for images of one patient.
    """

    index: int
    patient: str


@dataclass(frozen=True)
class LiveRecall:
    """The recall of a class, and what that means for its floor.

    Attributes:
        result: of the class; its interval counts patients.
        floor: of the recipe.
        verdict: 'reaches' as the gate decides; 'below': even the upper bound is below the floor;
            else 'open': there are too few labels to say.
    """

    result: ClassResult
    floor: float
    verdict: Verdict


@dataclass(frozen=True)
class Correction:
    """A prediction that a person disagrees with.

    Attributes:
        image: SHA-256 of the file.
        predicted: class of the model.
        label: class of the person.
        probability: of the predicted class.
    """

    image: str
    predicted: str
    label: str
    probability: float


@dataclass(frozen=True)
class Truth:
    """What the labels say.

    Attributes:
        labels: in the file.
        images: of these, with a prediction in the span.
        patients: of these images.
        by_patient: whether the file names patients; else each image counts as one.
        classes: of each class with labels.
        corrections: the surest first.
    """

    labels: int
    images: int
    patients: int
    by_patient: bool
    classes: tuple[LiveRecall, ...]
    corrections: tuple[Correction, ...]

    @property
    def below(self) -> tuple[LiveRecall, ...]:
        """The classes that are below their floor for certain."""
        return tuple(one for one in self.classes if one.verdict == "below")


def read_labels(
    path: Path, classes: tuple[str, ...], images: Path | None = None
) -> tuple[dict[str, Label], bool]:
    """Reads a CSV file: `label`, and `sha256` or `file`; `patient` if there is such a column.

    Args:
        path: of the file.
        classes: of the model.
        images: folder that the column `file` is relative to; the files are read for their digest.

    Returns:
        SHA-256 of an image → its label; and whether the file names patients.

    Raises:
        MonitorError: a column, a class or a file is missing, or an image has two labels.
    """
    columns, rows = _rows(path)
    if LABEL not in columns or not {DIGEST, FILE} & set(columns):
        raise MonitorError(
            f"A file of labels has a column {LABEL!r}, and {DIGEST!r} or {FILE!r}. Received: "
            f"{path} with {', '.join(columns) or 'no columns'}. Add the column."
        )
    if DIGEST not in columns and images is None:
        raise MonitorError(
            f"The request log knows images by their SHA-256. {path} has the column {FILE!r}: "
            f"name the folder of the files with --images, or add a column {DIGEST!r}."
        )
    found: dict[str, Label] = {}
    for number, row in enumerate(rows, start=2):
        where = f"line {number} of {path}"
        digest = _digest(row, images, where)
        label = Label(_class(row[LABEL], classes, where), row.get(PATIENT) or digest)
        if found.setdefault(digest, label).index != label.index:
            raise MonitorError(
                f"An image has one label. In {where} it has another than before: "
                f"{row[LABEL]!r}. Keep one of the two lines."
            )
    return found, PATIENT in columns


def _rows(path: Path) -> tuple[list[str], list[dict[str, str | None]]]:
    """Returns the names of the columns, and the rows."""
    try:
        text, separator = find_separator(
            path.read_text(encoding="utf-8-sig"), {DIGEST, FILE, LABEL, PATIENT}
        )
        # `strict`: a quote that is never closed would swallow the rest of the file.
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        return list(reader.fieldnames or ()), list(reader)
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


def _digest(row: Mapping[str, str | None], images: Path | None, where: str) -> str:
    if digest := (row.get(DIGEST) or "").strip().lower():
        return digest
    name = row.get(FILE) or ""
    try:
        return hashlib.sha256(((images or Path()) / name).read_bytes()).hexdigest()
    except OSError as error:
        raise MonitorError(
            f"Each image of the labels is needed for its SHA-256. {where}: {name!r} can't be read "
            f"({error.strerror or error}). Correct the name or --images."
        ) from error


def _class(name: str | None, classes: tuple[str, ...], where: str) -> int:
    if name not in classes:
        raise MonitorError(
            f"A label is one of {', '.join(classes)}. Received in {where}: {name!r}. Correct it."
        )
    return classes.index(name)


def judge_by_labels(
    logged: Logged,
    labels: Mapping[str, Label],
    by_patient: bool,
    classes: tuple[str, ...],
    rules: EvaluationSection,
) -> Truth:
    """Compares the last prediction for each image with its label.

    Args:
        logged: of the span.
        labels: SHA-256 → label.
        by_patient: whether they name patients.
        classes: of the model.
        rules: the recipe's floors.

    Raises:
        MonitorError: no image in the log has a label.
    """
    row_of = {
        image.decode(): row for row, image in enumerate(logged.images) if image.decode() in labels
    }
    if not row_of:
        raise MonitorError(
            f"None of the {len(labels)} labelled images has a prediction in this span of the log. "
            "Choose a longer --since, or compare the digests: they are of the files as they were "
            "sent."
        )
    known = {image: labels[image] for image in row_of}
    truth = np.array([label.index for label in known.values()], np.int64)
    patients = np.array([label.patient for label in known.values()])
    probabilities = logged.probabilities[list(row_of.values())]
    results = class_results(truth, probabilities, classes, patients)
    return Truth(
        labels=len(labels),
        images=len(known),
        patients=len(np.unique(patients)),
        by_patient=by_patient,
        classes=tuple(_live(one, rules) for one in results if one.cases),
        corrections=tuple(
            sorted(
                _corrections(list(known), truth, probabilities, classes),
                key=lambda one: -one.probability,
            )
        ),
    )


def _live(result: ClassResult, rules: EvaluationSection) -> LiveRecall:
    floor = rules.floor(result.label)
    verdict: Verdict = "open"
    if reaches(held(result, rules.floor_on), floor):
        verdict = "reaches"
    elif not reaches(result.high, floor):
        verdict = "below"
    return LiveRecall(result, floor, verdict)


def _corrections(
    images: list[str], truth: np.ndarray, probabilities: np.ndarray, classes: tuple[str, ...]
) -> Iterator[Correction]:
    predicted = probabilities.argmax(-1)
    for row in np.flatnonzero(predicted != truth):
        yield Correction(
            images[row],
            classes[predicted[row]],
            classes[truth[row]],
            float(probabilities[row, predicted[row]]),
        )
