"""One version of a pushed model, served inside this process for as long as it is needed."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.errors import VersionError
from serving.score.errors import ScoreError
from serving.tensorflow_free import model_server_config_pb2
from serving.versions import WITHDRAWN, list_versions


def choose_model(models: Path, name: str | None = None) -> str:
    """Returns the name, or that of the only model that has been pushed.

    Args:
        models: folder of the models: `<name>/<version>`.
        name: as the user says; None for the only one.

    Raises:
        ScoreError: there is none, or more than one.
    """
    if name is not None:
        return name
    folders = models.glob("*") if models.is_dir() else ()
    found = sorted(path.name for path in folders if path.is_dir())
    if not found:
        raise ScoreError(
            f"No model has been pushed to {models}. Train one with `medtfx run`, name another home "
            "with --home, or a model server with --server and --model."
        )
    if len(found) > 1:
        raise ScoreError(f"Which model? {models} holds {', '.join(found)}. Name it with --model.")
    return found[0]


def choose_version(folder: Path, version: int | None = None) -> int:
    """Returns the version, or the one that a server would answer with.

    Args:
        folder: of the model.
        version: as the user says; None for the newest that is not withdrawn.

    Raises:
        VersionError: there is no such model or version, or it is withdrawn.
    """
    versions = list_versions(folder)
    wanted = versions.current if version is None else version
    if wanted is not None and wanted in versions.served:
        return wanted
    missing = "any version" if wanted is None else f"version {wanted}"
    back = (
        f" `medtfx rollback {folder.name} VERSION` brings one back." if versions.withdrawn else ""
    )
    raise VersionError(
        f"Model {folder.name!r} does not have {missing} to serve. Served: {list(versions.served)}; "
        f"{WITHDRAWN}: {list(versions.withdrawn)}.{back}"
    )


@contextmanager
def served(folder: Path, version: int) -> Iterator[str]:
    """Serves one version on a free port of the loopback device, and yields 'host:port'.

    Each request is run by itself: in batches that depend on what else is waiting, the last digit
    of a probability might depend on it too.

    Args:
        folder: of the model; its name is the model's.
        version: that is there.

    Raises:
        ScoreError: it can't be loaded.
    """
    from serving.embedded.server import EmbeddedServer, Settings

    # On each load TensorFlow warns that TF-1-style loading is deprecated; here it is the point.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch, "models.config")
        config.write_text(_config(folder, version), encoding="utf-8")
        settings = Settings(grpc_port=0, rest_port=None, models_config=config, max_batch=0)
        with EmbeddedServer(folder.parent, settings) as server:
            found = server.manager.versions(folder.name).get(version)
            if found is None or not found.available:
                why = found.error if found and found.error else "it is not complete"
                raise ScoreError(f"{folder / str(version)} can't be loaded: {why}. Push it again.")
            yield server.address


def _config(folder: Path, version: int) -> str:
    """A `models.config` of this version alone: one that is pushed meanwhile is left alone."""
    config = model_server_config_pb2.ModelServerConfig()
    model = config.model_config_list.config.add(
        name=folder.name, base_path=str(folder.absolute()), model_platform="tensorflow"
    )
    model.model_version_policy.specific.versions.append(version)
    return str(config)
