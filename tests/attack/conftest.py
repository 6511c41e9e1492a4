"""Victims in processes of their own, on loopback, and bounds on what an attack may cost them.

server      the embedded server on the tiny model, with both ports
page        the page before that server
Each is a `Victim`; afterwards it is alive, and has logged no traceback.
dark        a PNG that the model predicts for
"""

import pytest

from tests.attack.victims import PAGE, SERVER, TOKEN, end, start
from tests.serving.tiny_model import png, save_tiny_model


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    save_tiny_model(folder / "models" / "tiny" / "1")
    base = folder / "models"
    victim = start(SERVER, base, folder / "server.log", base)
    yield victim
    end(victim)


@pytest.fixture(scope="session")
def page(server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    audit = folder / "audit.jsonl"
    victim = start(PAGE, folder, folder / "page.log", server.grpc, audit, TOKEN)
    yield victim
    end(victim)


@pytest.fixture(scope="session")
def dark():
    return png(51)
