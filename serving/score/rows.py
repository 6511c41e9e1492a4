"""One row of the CSV: the prediction for a file, or why there is none.

    file,label,p_COVID,p_NORMAL,uncertain,out_of_distribution,version,error

Probabilities are printed as the shortest decimal that reads back as the same float32. A row is
always one line of UTF-8, so that a torn last row is found by its missing line break. A cell that a
spreadsheet would take for a formula begins with an apostrophe.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.runtime.text import one_line, quoted_cell, unquoted_cell
from serving.protocol.prediction import Prediction
from serving.score.errors import ScoreError

_BEFORE, _AFTER = ("file", "label"), ("uncertain", "out_of_distribution", "version", "error")

_FLAGS = {"True": True, "False": False, "": None}

# Of the model server, not of the file: such a row is scored again by the next run.
NO_ANSWER = "no answer: "
# A share that was away, or rights that somebody corrects: reading again costs nothing.
CAN_NOT_BE_READ = "the file can't be read: "


@dataclass(frozen=True)
class Row:
    """A row.

    Attributes:
        file: path below the folder, as `one_line` writes it.
        label: the most probable class; '' on an error.
        probabilities: by class in the model's order, each in 0..1; empty on an error.
        uncertain: whether the prediction is not to be relied on; None on an error.
        version: of the model; None where it was not asked.
        error: why there is no label; '' if there is one.
        out_of_distribution: whether the image is unlike those of training; None on an
            error, and of a model that does not say.
    """

    file: str
    label: str = ""
    probabilities: tuple[float, ...] = ()
    uncertain: bool | None = None
    version: int | None = None
    error: str = ""
    out_of_distribution: bool | None = None

    @property
    def transient(self) -> bool:
        """Whether a later run may have an answer, with the file as it is."""
        return self.error.startswith((NO_ANSWER, CAN_NOT_BE_READ))


def row_of(file: str, prediction: Prediction) -> Row:
    """Returns the row of a prediction."""
    return Row(
        file,
        prediction.label or "",
        tuple(prediction.probabilities.values()),
        prediction.uncertain,
        prediction.version,
        one_line(prediction.error or ""),
        prediction.out_of_distribution,
    )


def header(classes: Sequence[str]) -> bytes:
    """Returns the first line."""
    return _line([*_BEFORE, *(f"p_{one_line(name)}" for name in classes), *_AFTER])


def is_header(line: bytes) -> bool:
    """Whether a line is the first one of such a CSV, whatever its classes."""
    cells = _cells(line)
    return tuple(cells[:2]) == _BEFORE and tuple(cells[-len(_AFTER) :]) == _AFTER


def to_line(row: Row, classes: Sequence[str]) -> bytes:
    """Returns a row as a line of CSV."""
    probabilities = [str(np.float32(value)) for value in row.probabilities] or [""] * len(classes)
    values = (row.uncertain, row.out_of_distribution, row.version)
    rest = ["" if value is None else str(value) for value in values]
    file, label, error = map(quoted_cell, (row.file, one_line(row.label), row.error))
    return _line([file, label, *probabilities, *rest, error])


def from_line(line: bytes, classes: Sequence[str]) -> Row:
    """Reads what `to_line` wrote.

    Raises:
        ScoreError: it is not such a line.
    """
    cells = _cells(line)
    try:
        file, label, *values = cells
        *probabilities, uncertain, out_of_distribution, version, error = values
        if len(probabilities) != len(classes):
            raise ValueError(cells)
        return Row(
            unquoted_cell(file),
            unquoted_cell(label),
            tuple(map(float, probabilities)) if label else (),
            _FLAGS[uncertain],
            int(version) if version else None,
            unquoted_cell(error),
            _FLAGS[out_of_distribution],
        )
    except (KeyError, ValueError):
        raise ScoreError(f"{line[:200]!r} is not a row of {len(classes)} classes.") from None


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def _cells(line: bytes) -> list[str]:
    if b"\0" in line:  # not our writing, though newer Pythons read it
        return []
    try:
        return next(csv.reader([line.decode(errors="backslashreplace")]), [])
    except csv.Error:  # a cell without end: not our writing either
        return []
