"""The versions of a pushed model, and the rollback to an earlier one.

TensorFlow Serving polls `<models>/<name>/` and serves the highest number it finds. So a rollback
moves the newer versions to `<models>/<name>/withdrawn/`, where it does not look. Nothing is
deleted, and a rollback to a withdrawn version brings it back. Where a `models.config` names the
versions, `serving.promotion.promote` moves a label instead.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from components.runtime.errors import VersionError
from components.saved_model.signature import check_model

WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Versions:
    """What lies in the folder of a model.

    Attributes:
        served: version numbers that a server sees, ascending; the last one is the current one.
        withdrawn: those that a rollback has set aside, ascending.
    """

    served: tuple[int, ...]
    withdrawn: tuple[int, ...]

    @property
    def current(self) -> int | None:
        """The version that is served, or None."""
        return self.served[-1] if self.served else None

    def __str__(self) -> str:
        return f"Served: {list(self.served)}; withdrawn: {list(self.withdrawn)}."


def list_versions(model_folder: Path) -> Versions:
    """Lists the versions of a model.

    Raises:
        VersionError: there is no such folder; the message names the models that exist.
    """
    if not model_folder.is_dir():
        others = sorted(p.name for p in model_folder.parent.glob("*") if p.is_dir())
        raise VersionError(
            f"No model {model_folder.name!r} has been pushed to {model_folder.parent}. "
            f"Pushed models: {', '.join(others) or 'none'}."
        )
    return Versions(_numbers(model_folder), _numbers(model_folder / WITHDRAWN))


def folders_by_version(base: Path) -> dict[int, Path]:
    """Returns the folder of each version of a model. `withdrawn` and copies under way are none.

    Raises:
        OSError: `base` can't be listed.
    """
    return {
        int(folder.name): folder
        for folder in base.iterdir()
        if re.fullmatch(r"[0-9]+", folder.name) and folder.is_dir()
    }


def roll_back(model_folder: Path, version: int | None = None) -> Versions:
    """Makes `version` the one that is served.

    Args:
        model_folder: `<models>/<name>`.
        version: a served or withdrawn version; None for the one before the current.

    Raises:
        VersionError: there is no such version, or none to go back to.
        ChangedModelError: its files are not those that a run pushed.
    """
    versions = list_versions(model_folder)
    wanted = version if version is not None else _previous(model_folder.name, versions)
    if wanted not in (*versions.served, *versions.withdrawn):
        raise VersionError(f"Model {model_folder.name!r} has no version {wanted}. {versions}")
    check_model(version_folder(model_folder, wanted))
    # The wanted one comes back first: a server that polls in between never sees an empty folder.
    if wanted in versions.withdrawn:
        restore(model_folder, wanted)
    # The current one goes last, so that none in between is ever the highest.
    for number in (number for number in versions.served if number > wanted):
        (model_folder / WITHDRAWN).mkdir(exist_ok=True)
        (model_folder / str(number)).rename(model_folder / WITHDRAWN / str(number))
    return list_versions(model_folder)


def version_folder(model_folder: Path, version: int) -> Path:
    """Returns the folder of a version, served or withdrawn."""
    served = model_folder / str(version)
    return served if served.is_dir() else model_folder / WITHDRAWN / str(version)


def restore(model_folder: Path, version: int) -> None:
    """Puts a withdrawn version back among those that a server sees."""
    (model_folder / WITHDRAWN / str(version)).rename(model_folder / str(version))


def _previous(name: str, versions: Versions) -> int:
    if len(versions.served) < 2:
        raise VersionError(f"Model {name!r} has no version before {versions.current}. {versions}")
    return versions.served[-2]


def _numbers(folder: Path) -> tuple[int, ...]:
    return tuple(sorted(folders_by_version(folder))) if folder.is_dir() else ()
