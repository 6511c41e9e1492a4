"""One version of a pushed model, served inside this process while it is needed."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from components.imaging.images import MAX_PIXELS
from components.runtime.imports import importing
from components.runtime.interrupts import interrupted_afterwards
from serving.protocol.tensorflow_free import model_server_config_pb2
from serving.protocol.token import new_token
from serving.score.errors import ScoreError


@contextmanager
def served(folder: Path, version: int, max_pixels: int = MAX_PIXELS) -> Iterator[tuple[str, str]]:
    """Serves one version on a free port of loopback, and yields 'host:port' and the token.

    Each request is run alone: in batches that depend on what else is waiting, the last digit
    of a probability might depend on it too.

    Args:
        folder: of the model; its name is the model's.
        version: that is there.
        max_pixels: of all images that are decoded at once.

    Raises:
        ScoreError: it can't be loaded.
    """
    with importing():
        from serving.embedded.image_bounds import ImageBounds
        from serving.embedded.server import OWN_MESSAGE, EmbeddedServer, Settings

    # On each load TensorFlow warns that TF-1-style loading is deprecated; here it is the point.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with ExitStack() as opened:
        config = Path(opened.enter_context(tempfile.TemporaryDirectory()), "models.config")
        config.write_text(_config(folder, version), encoding="utf-8")
        token = new_token()
        settings = Settings(
            grpc_port=0,
            rest_port=None,
            models_config=config,
            max_batch=0,
            images=ImageBounds(pixels=max_pixels),
            max_message=OWN_MESSAGE,
            token=token,
        )
        with interrupted_afterwards():
            server = opened.enter_context(EmbeddedServer(folder.parent, settings))
        found = server.manager.versions(folder.name).get(version)
        if found is None or not found.available:
            why = found.error if found and found.error else "it is not complete. Push it again."
            raise ScoreError(f"{folder / str(version)} can't be loaded: {why}")
        yield server.address, token


def _config(folder: Path, version: int) -> str:
    """A `models.config` of this version alone: one that is pushed meanwhile is left alone."""
    config = model_server_config_pb2.ModelServerConfig()
    model = config.model_config_list.config.add(
        name=folder.name, base_path=str(folder.absolute()), model_platform="tensorflow"
    )
    model.model_version_policy.specific.versions.append(version)
    return str(config)
