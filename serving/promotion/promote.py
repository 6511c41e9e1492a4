"""Promotes a version, tries one as a canary, and rolls back: labels move, folders stay.

Which versions are served, and under which labels, is written in a `models.config`; who moved a
label, when and why, in the journal of the model.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.saved_model.signature import check_model
from serving.promotion import journal
from serving.promotion.label_move import Move, PromotionError, PromotionTarget, move_label
from serving.promotion.labels import SHADOW, STABLE, labels_of, promoted, rolled_back
from serving.promotion.models_config import (
    add_model,
    empty_config,
    find_model,
    is_remote,
    read_models_config,
)
from serving.promotion.versions import Versions, list_versions, restore, version_folder


@dataclass(frozen=True)
class Approval:
    """Who is responsible for a move of a label, and why."""

    by: str
    note: str = ""


def promote(
    place: PromotionTarget, model: str, version: int | None, label: str, approval: Approval
) -> Move:
    """Moves a label to a version.

    Args:
        place: what is changed.
        model: name of the pushed model.
        version: None for the newest one.
        label: 'stable', 'canary' or another.
        approval: for the journal.

    Raises:
        VersionError: there is no such model or version.
        PromotionError: the label or the version can't be used, or a server can't load it; or there
            is no `stable` beside which a version can be a shadow.
        ChangedModelError: the files of the version are not those that a run pushed.
        ServingError: the configuration or the journal can't be read, or a server not be reached.
    """
    _check_label(label)
    config = _config_of(place)
    entry = find_model(config, model)
    if label == SHADOW and STABLE not in labels_of(entry):
        raise PromotionError(
            "A shadow is never seen: requests ask for `stable`, and without it they get the "
            f"highest version. {place.config} has no `stable` of model {model!r}. Run "
            f"`medtfx promote {model} VERSION` first."
        )
    wanted = _pushed_version(place.models / model, entry, version)
    moved = promoted(labels_of(entry), label, wanted)
    return move_label(place, config, model, label, moved, journal.Entry(
        journal.now(), approval.by, "promote", label, labels_of(entry).get(label), wanted,
        approval.note,
    ))  # fmt: skip


def roll_back_label(
    place: PromotionTarget, model: str, version: int | None, label: str, approval: Approval
) -> Move:
    """Moves a label back; other labels of the version that it leaves go with it.

    Args:
        place: what is changed.
        model: name of the pushed model.
        version: None for the one that the label stood for before, by the journal.
        label: 'stable' or another.
        approval: for the journal.

    Raises:
        VersionError: there is no such model or version.
        PromotionError: the label does not exist, or there is nothing to go back to.
        ServingError: as for `promote`.
    """
    config = _config_of(place)
    entry = find_model(config, model)
    labels = labels_of(entry)
    if label not in labels:
        raise PromotionError(
            f"{place.config} has no label {label!r} of model {model!r}; it has "
            f"{_named(labels) or 'none'}. Give a label with `medtfx promote`."
        )
    folder = place.models / model
    wanted = version
    if wanted is None and label == SHADOW:
        wanted = labels.get(STABLE)  # beside which it says nothing: clients ask one version
    if wanted is None:
        wanted = journal.version_before(journal.read(folder), label, labels[label])
    if wanted is None:
        raise PromotionError(
            f"The journal of {model!r} names no version that {label!r} stood for before "
            f"{labels[label]}. Name the version to go back to: {_pushed(folder)}."
        )
    if not is_remote(entry) and wanted in list_versions(folder).withdrawn:
        check_model(version_folder(folder, wanted))
        restore(folder, wanted)
    _pushed_version(folder, entry, wanted)
    moved = rolled_back(labels, label, wanted)
    return move_label(place, config, model, label, moved, journal.Entry(
        journal.now(), approval.by, "rollback", label, labels[label], wanted, approval.note
    ))  # fmt: skip


# === The configuration ===


def _config_of(place: PromotionTarget) -> Any:
    """Reads the file, or begins one. A home's own file names all models that lie beside it."""
    config = read_models_config(place.config) if place.config.is_file() else empty_config()
    if place.config.parent.absolute() != place.models.absolute() or not place.models.is_dir():
        return config
    for folder in sorted(path for path in place.models.iterdir() if path.is_dir()):
        entry, base_path = find_model(config, folder.name), str(folder.absolute())
        if entry is not None:
            entry.base_path = base_path  # the home may have moved
        elif list_versions(folder).served:
            add_model(config, folder.name, base_path)
    return config


def _pushed_version(folder: Path, entry: Any, version: int | None) -> int:
    """Returns a version that can be served.

    Raises:
        VersionError: no such model.
        PromotionError: no such version.
        ChangedModelError: its files are not those that a run pushed.
    """
    if is_remote(entry):
        if version is None:
            raise PromotionError(
                f"The versions of {entry.name!r} lie in {entry.base_path}, which is not looked "
                "into from here. Name the version."
            )
        return version
    versions = list_versions(folder)
    wanted = version if version is not None else versions.current
    if wanted is None or wanted not in versions.served:
        back = (
            f" `medtfx rollback {folder.name} {wanted}` brings a withdrawn one back."
            if wanted in versions.withdrawn
            else ""
        )
        raise PromotionError(
            f"Model {folder.name!r} has no version {wanted} to serve. Pushed: {_pushed(folder)}."
            f"{back}"
        )
    check_model(version_folder(folder, wanted))
    return wanted


def _pushed(folder: Path) -> str:
    versions = list_versions(folder) if folder.is_dir() else Versions((), ())
    withdrawn = f"; withdrawn: {list(versions.withdrawn)}" if versions.withdrawn else ""
    return f"{list(versions.served)}{withdrawn}"


def _named(labels: dict[str, int]) -> str:
    return ", ".join(f"{label} ({number})" for label, number in labels.items())


def _check_label(label: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", label):
        raise PromotionError(
            "A label is part of an address: letters, digits, `_`, `.` and `-`, such as stable. "
            f"Received: {label!r}."
        )
