"""The journal of a model: who moved which label when, from which version to which, and why.

One JSON object a line in `<models>/<name>/promotions.jsonl`; lines are only ever added. Servers
look at folders with a number alone, so it does not disturb them.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from components.storage.append_log import append_json, check_appendable
from serving.protocol.errors import ServingError

FILE_NAME = "promotions.jsonl"
Action = Literal["promote", "rollback"]


@dataclass(frozen=True)
class Entry:
    """One move of a label.

    Attributes:
        at: time in UTC, ISO 8601.
        by: who is responsible for it.
        action: 'promote' or 'rollback'.
        label: that moved; None for a rollback that withdrew folders.
        before: version that the label stood for, if any.
        after: version that it stands for since.
        note: the reason, or ''.
    """

    at: str
    by: str
    action: Action
    label: str | None
    before: int | None
    after: int
    note: str = ""


def now() -> str:
    """Returns the time in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def check(model_folder: Path) -> None:
    """Makes sure that an entry can be added, before anything is done that needs one.

    Raises:
        OSError: the journal can't be written.
    """
    check_appendable(model_folder / FILE_NAME)


def append(model_folder: Path, entry: Entry) -> None:
    """Adds an entry.

    Raises:
        OSError: the journal can't be written.
    """
    append_json(model_folder / FILE_NAME, asdict(entry))


def read(model_folder: Path) -> list[Entry]:
    """Returns all entries, the oldest first; [] where there is no journal.

    Raises:
        ServingError: a line is not an entry.
    """
    file = model_folder / FILE_NAME
    if not file.is_file():
        return []
    entries = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entries.append(Entry(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise ServingError(
                f"Line {number} of {file} is not an entry of a promotion ({error}). The journal is "
                "written by medtfx alone: restore the line, or take it out."
            ) from error
    return entries


def version_before(entries: Iterable[Entry], label: str, current: int) -> int | None:
    """Returns the version that `label` stood for before it came to `current`.

    What was rolled back counts as never promoted: two rollbacks in a row go back two versions.
    """
    stood_for: list[int] = []
    for entry in entries:
        if entry.label != label:
            continue
        if not stood_for and entry.before is not None:
            stood_for.append(entry.before)
        if entry.action == "rollback" and entry.after in stood_for:
            while stood_for[-1] != entry.after:
                stood_for.pop()
        elif not stood_for or stood_for[-1] != entry.after:
            stood_for.append(entry.after)
    earlier = stood_for[: stood_for.index(current)] if current in stood_for else stood_for
    return earlier[-1] if earlier else None
