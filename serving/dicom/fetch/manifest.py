"""The list of what came from the PACS and what did not, with the reason. It names no patient."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from enum import Enum
from pathlib import Path

from components.runtime.text import one_line, quoted_cell, unquoted_cell
from components.storage.append_log import AppendFile
from components.storage.atomic_write import OWNER_ONLY, replacing

FILE_NAME = "manifest.csv"


class Outcome(str, Enum):
    """What became of an image or a study.

    Attributes:
        FETCHED: the image is in the folder of its class.
        REFUSED: it came, and is not used.
        MISSING: the PACS has no such study, or did not send the image; tried again next time.
        FAILED: the PACS could not be asked or broke off; tried again next time.
    """

    FETCHED = "fetched"
    REFUSED = "refused"
    MISSING = "missing"
    FAILED = "failed"


FINAL = frozenset({Outcome.FETCHED, Outcome.REFUSED})


@dataclass(frozen=True)
class Entry:
    """A row.

    Attributes:
        row: line of the labels' CSV that asked for it.
        label: its class.
        outcome: of `Outcome`.
        instance: the new SOP Instance UID; '' for a whole study.
        study: the new Study Instance UID; '' where no study was found.
        patient: the patient's pseudonym; '' where no image came.
        file: path below the folder, of a fetched image; '' otherwise.
        reason: why it was not fetched, in words.
    """

    row: int
    label: str
    outcome: Outcome
    instance: str = ""
    study: str = ""
    patient: str = ""
    file: str = ""
    reason: str = ""


_HEADER = [field.name for field in fields(Entry)]


class Manifest:
    """The file `manifest.csv` of a folder; rows are added one by one, safe from a kill.

    Args:
        folder: exists.

    Raises:
        BlockingIOError: another process writes it.
        OSError: it can't be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE_NAME
        self.final = {one.instance: one for one in read_manifest(path) if one.outcome in FINAL}
        self.counts: Counter[Outcome] = Counter()
        AppendFile(path).close()  # nobody else writes it
        with replacing(path, OWNER_ONLY) as file:
            file.write(_line(_HEADER) + b"".join(_row(one) for one in self.final.values()))
        self._file = AppendFile(path)

    def __enter__(self) -> "Manifest":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, entry: Entry) -> None:
        """Adds a row."""
        self._file.append(_row(entry))
        self.counts[entry.outcome] += 1
        if entry.outcome in FINAL:
            self.final[entry.instance] = entry


def read_manifest(path: Path) -> list[Entry]:
    """Returns the rows of a manifest; [] if there is none. A torn last row is left out."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]
    entries = []
    for row in csv.DictReader(io.StringIO(whole, newline="")):
        cells = {name: unquoted_cell(row[name] or "") for name in _HEADER}
        row_number, outcome = int(cells.pop("row")), Outcome(cells.pop("outcome"))
        entries.append(Entry(row=row_number, outcome=outcome, **cells))
    return entries


def _row(entry: Entry) -> bytes:
    return _line([value.value if isinstance(value, Outcome) else value for value in astuple(entry)])


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO(newline="")
    safe = (quoted_cell(one_line(cell)) if isinstance(cell, str) else cell for cell in cells)
    csv.writer(text, lineterminator="\n").writerow(safe)
    return text.getvalue().encode()
