"""Recognises a sample data set on disk, so that it is neither drawn twice nor mixed with others.

A folder is empty, unfinished (drawing was interrupted), complete, or somebody else's. The marker is
written last; it names the order (the arguments), the generator's version and every file's digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from components.runtime.errors import MedtfxError

# Raise it whenever the same arguments give other bytes.
GENERATOR = 1

MARKER = ".medtfx-sample-data.json"
UNFINISHED = ".medtfx-sample-data.unfinished.json"


class SampleDataError(MedtfxError):
    """The sample data cannot be written as asked: the rule, what was found, the way out."""


def digest(data: bytes) -> str:
    """What the marker remembers of a file's content."""
    return hashlib.sha256(data).hexdigest()


def begin(out: Path, order: Mapping[str, int]) -> None:
    """Claim `out` for a data set about to be drawn."""
    _dump(out / UNFINISHED, {"generator": GENERATOR, **order})


def finish(out: Path, order: Mapping[str, int], files: Mapping[str, str]) -> None:
    """Declare the data set complete; `files` maps relative paths to digests."""
    _dump(out / MARKER, {"generator": GENERATOR, **order, "files": dict(files)})
    (out / UNFINISHED).unlink()


def is_complete(out: Path, order: Mapping[str, int]) -> bool:
    """Whether `out` holds the ordered data set.

    Args:
        out: The folder, which need not exist.
        order: The arguments the data set is asked with.

    Returns:
        True if it is there and unchanged; False if `out` is free for it.

    Raises:
        SampleDataError: If `out` holds anything else.
    """
    if not out.exists():
        return False
    if not out.is_dir():
        raise SampleDataError(
            f"Sample data needs a folder. Received: {out}, which is a file. Name another path."
        )
    if (out / MARKER).is_file():
        marker = _load(out / MARKER)
        _check_order(out, marker, order)
        _check_files(out, marker)
        return True
    if (out / UNFINISHED).is_file():
        _check_order(out, _load(out / UNFINISHED), order)
        return False
    _check_empty(out)
    return False


def _check_empty(out: Path) -> None:
    """Refuse a folder that holds something else."""
    strangers = sorted(entry.name for entry in out.iterdir())
    if strangers:
        others = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        raise SampleDataError(
            "Sample data goes into an empty folder, so that it never mixes with other images. "
            f"Received: {out}, which holds {strangers[0]!r}{others}. Name another folder."
        )


def _check_order(out: Path, marker: Mapping[str, object], order: Mapping[str, int]) -> None:
    """Refuse sample data drawn with other arguments or by another version."""
    wanted: dict[str, object] = {"generator": GENERATOR, **order}
    found = {name: marker.get(name) for name in wanted}
    if found != wanted:
        raise SampleDataError(
            f"Sample data in {out} was drawn to another order. Asked for: {_words(wanted)}. "
            f"Received: {_words(found)}. Delete the folder, or name another one."
        )


def _check_files(out: Path, marker: Mapping[str, object]) -> None:
    """Refuse a data set of which a file has gone or changed."""
    files = marker.get("files")
    for name, remembered in files.items() if isinstance(files, dict) else ():
        path = out / name
        if path.is_file() and digest(path.read_bytes()) == remembered:
            continue
        state = "changed" if path.is_file() else "missing"
        raise SampleDataError(
            f"Sample data must stay as it was drawn. Received: {out}, where {name!r} is {state}. "
            "Delete the folder to draw it anew, or name another one."
        )


def _words(order: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in order.items())


def _load(path: Path) -> Mapping[str, object]:
    """Parse a marker; a damaged one reads as an order nobody placed."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _dump(path: Path, content: Mapping[str, object]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
