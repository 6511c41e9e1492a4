"""Which model, version and label are meant where the user does not say."""

from pathlib import Path

from components.runtime.errors import VersionError
from serving.promotion.labels import STABLE
from serving.promotion.models_config import FILE_NAME, read_labels
from serving.promotion.versions import list_versions


def choose_model(models: Path, name: str | None = None) -> str:
    """Returns the name, or that of the only model that has been pushed.

    Args:
        models: folder of the models: `<name>/<version>`.
        name: as the user says; None for the only one.

    Raises:
        VersionError: there is none, or more than one.
    """
    if name is not None:
        return name
    folders = models.glob("*") if models.is_dir() else ()
    found = sorted(path.name for path in folders if path.is_dir())
    if not found:
        raise VersionError(
            f"No model has been pushed to {models}. Train one with `medtfx run`, name another home "
            "with --home, or a model server with --server and --model."
        )
    if len(found) > 1:
        raise VersionError(f"Which model? {models} holds {', '.join(found)}. Name it with --model.")
    return found[0]


def choose_version(folder: Path, version: int | None = None) -> int:
    """Returns the version, or the one whose predictions clinics get.

    Args:
        folder: of the model.
        version: as the user says; None for `stable`, or without labels the newest that is not
            withdrawn.

    Raises:
        VersionError: there is no such model or version, or it is withdrawn.
        ServingError: the `models.config` can't be read.
    """
    versions = list_versions(folder)
    wanted = version or labelled_version(folder.parent, folder.name, STABLE) or versions.current
    if wanted is not None and wanted in versions.served:
        return wanted
    missing = "any version" if wanted is None else f"version {wanted}"
    back = (
        f" `medtfx rollback {folder.name} VERSION` brings one back." if versions.withdrawn else ""
    )
    raise VersionError(f"Model {folder.name!r} does not have {missing} to serve. {versions}{back}")


def label_to_ask(models: Path, model: str, version: int | None, label: str | None) -> str | None:
    """Returns the label to ask a server for: `stable`, once something has been promoted to it.

    A request that names neither label nor version gets the highest version served, which may be a
    canary.

    Args:
        models: folder of the pushed models, with their `models.config` if there is one.
        model: name.
        version: as the user says.
        label: as the user says.

    Raises:
        ServingError: the `models.config` can't be read.
    """
    if version is not None or label is not None:
        return label
    return None if labelled_version(models, model, STABLE) is None else STABLE


def labelled_version(models: Path, model: str, label: str) -> int | None:
    """Returns the version that a label stands for in `<models>/models.config`, if any.

    Raises:
        ServingError: the file can't be read.
    """
    return read_labels(models / FILE_NAME, model).get(label)
