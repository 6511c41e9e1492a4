"""What lies in the folder of a model: versions, and what pushes and copies left behind."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from components.runtime.errors import MedtfxError
from components.saved_model.manifest import differences, digest_files, read_manifest
from components.saved_model.signature import check_model, is_signed
from components.saved_model.versions import is_unfinished
from serving.promotion.models_config import FILE_NAME, read_labels
from serving.promotion.versions import list_versions, version_folder

State = Literal["served", "withdrawn", "changed", "incomplete", "unfinished"]

_REST = 3600.0  # seconds without a change, after which no push or copy is under way


@dataclass(frozen=True)
class Found:
    """A folder of a model.

    Attributes:
        folder: where it is.
        state: 'served': servers see it; 'withdrawn': put aside by a rollback; 'changed': its files
            are not those that a run pushed; 'incomplete': files are missing, or the manifest is;
            'unfinished': the hidden folder of a push.
        labels: that clients ask for it with.
        signed: whether it carries a signature.
        fault: why it may not be used; '' if it may.
    """

    folder: Path
    state: State
    labels: tuple[str, ...]
    signed: bool
    fault: str

    @property
    def is_leftover(self) -> bool:
        """Whether nobody can use it, because a part of it is missing."""
        return self.state in ("incomplete", "unfinished")


def take_inventory(model_folder: Path) -> list[Found]:
    """Lists and checks what lies in the folder of a model, versions in ascending order.

    Raises:
        VersionError: there is no such folder.
        ServingError: the `models.config` can't be read.
        SigningError: $MEDTFX_VERIFICATION_KEY can't be used.
    """
    versions = list_versions(model_folder)
    labels = _labels(model_folder)
    found = [
        _look(version_folder(model_folder, number), number in versions.served, labels.get(number))
        for number in sorted({*versions.served, *versions.withdrawn})
    ]
    hidden = sorted(path for path in model_folder.iterdir() if is_unfinished(path.name))
    fault = "a push has not ended, or was stopped"
    return [*found, *(Found(path, "unfinished", (), False, fault) for path in hidden)]


def prune(found: list[Found]) -> tuple[list[Found], list[Found]]:
    """Removes leftovers; versions that can be used, or were changed, stay.

    Args:
        found: by `take_inventory`.

    Returns:
        What was removed, and the leftovers that stay: they have a label, or changed within the
        last hour, so that a push or a copy may be under way.

    Raises:
        OSError: a folder can't be removed.
    """
    leftovers = [one for one in found if one.is_leftover]
    removed = [one for one in leftovers if not one.labels and _rests(one.folder)]
    for one in removed:
        shutil.rmtree(one.folder)
    return removed, [one for one in leftovers if one not in removed]


def _look(folder: Path, served: bool, labels: list[str] | None) -> Found:
    state: State = "served" if served else "withdrawn"
    fault = ""
    try:
        check_model(folder)
    except MedtfxError as error:
        state, fault = ("incomplete" if _lacks_files(folder) else "changed"), str(error)
    return Found(folder, state, tuple(sorted(labels or ())), is_signed(folder), fault)


def _lacks_files(folder: Path) -> bool:
    try:
        expected = read_manifest(folder)
    except MedtfxError:
        return False
    if expected is None:
        return True
    clauses = differences(expected, digest_files(folder))
    return bool(clauses) and all(clause.endswith(" is missing") for clause in clauses)


def _labels(model_folder: Path) -> dict[int, list[str]]:
    found = dict[int, list[str]]()
    for label, number in read_labels(model_folder.parent / FILE_NAME, model_folder.name).items():
        found.setdefault(number, []).append(label)
    return found


def _rests(folder: Path) -> bool:
    newest = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    return time.time() - newest > _REST
