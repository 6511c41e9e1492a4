"""Which model the rows of a CSV are of: a small JSON file beside it, `<csv>.json`.

The rows contain the version alone. Without this file, rows of another model with the same classes
could be appended unnoticed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from components.storage.atomic_write import write_atomically
from serving.score.errors import ScoreError


@dataclass(frozen=True)
class Origin:
    """The model of the rows.

    Attributes:
        model: its name.
        version: its number.
        classes: in the order of the probabilities.
    """

    model: str
    version: int
    classes: tuple[str, ...]


def path_of(csv: Path) -> Path:
    """Returns where the origin of a CSV lies."""
    return csv.with_name(f"{csv.name}.json")


def save(origin: Origin, csv: Path) -> None:
    """Writes the origin beside the CSV.

    Raises:
        OSError: it can't be written.
    """
    text = json.dumps(asdict(origin), indent=2, ensure_ascii=False) + "\n"
    write_atomically(path_of(csv), text)


def load(csv: Path) -> Origin:
    """Reads the origin of a CSV.

    Raises:
        ScoreError: it is missing or unreadable, so the model of the rows is unknown.
    """
    path = path_of(csv)
    try:
        values = json.loads(path.read_text("utf-8"))
        return Origin(str(values["model"]), int(values["version"]), tuple(values["classes"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise ScoreError(
            f"{csv} exists, but {path.name} beside it, which names the model of its rows, is "
            "missing or broken. Restore it, name another file with --out, or score all again "
            "with --restart."
        ) from None


def check_same(old: Origin, now: Origin, csv: Path) -> None:
    """Refuses to mix the rows of two models in one CSV.

    Raises:
        ScoreError: they are not the same.
    """
    if old == now:
        return
    if old.model != now.model:
        raise ScoreError(
            f"{csv} holds rows of model {old.model!r}, and {now.model!r} is asked now. Name "
            f"--model {old.model}, another file with --out, or score all again with --restart."
        )
    if old.version != now.version:
        raise ScoreError(
            f"{csv} holds rows of version {old.version} of {old.model!r}, and version "
            f"{now.version} would answer now. Go on with --version {old.version}, or score all "
            "again with --restart."
        )
    raise ScoreError(
        f"{csv} holds rows of the classes {', '.join(old.classes)}, and the model now answers with "
        f"{', '.join(now.classes)} under the same version. Score all again with --restart."
    )
