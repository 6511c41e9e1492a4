"""A pushed model that looks at the brightness, and a server of it on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the pushed model tiny/5."""
    from tests.serving.tiny_model import save_tiny_model

    home = tmp_path_factory.mktemp("home")
    save_tiny_model(home / "models" / "tiny" / "5")
    return home


@pytest.fixture(scope="module")
def tiny_server(tiny_home: Path) -> Iterator[str]:
    """The address of the server."""
    from serving.embedded.server import EmbeddedServer, Settings

    with EmbeddedServer(tiny_home / "models", Settings(grpc_port=0, rest_port=None)) as server:
        yield server.address
