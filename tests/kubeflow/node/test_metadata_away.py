"""A node whose ML Metadata is away when it starts: the task tries again, and the node runs."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import metadata

import pytest

from components.runtime.stack import installed_stack
from kubeflow.package.recipe_codec import encode_recipe
from pipeline.recipes.loader import load_recipe
from pipeline.sample_data import write_sample_data
from tests.doubles.metadata_server import grpc_server
from tests.paths import ROOT

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]

TINY = ["data.min_per_split=1", "data.split_seed=51", "data.max_quarantine_share=0.2"]


@contextlib.contextmanager
def forwarded(listener: socket.socket, port: int) -> Iterator[None]:
    """Lets a socket listen at last, and passes what comes there on to a port, and back."""

    def copy(source: socket.socket, target: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            source.makefile("rb", 0) as read,
            target.makefile("wb", 0) as write,
        ):
            shutil.copyfileobj(read, write)

    def serve() -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=copy, args=ends, daemon=True).start()

    listener.listen()
    threading.Thread(target=serve, daemon=True).start()
    yield


def test_a_node_runs_when_ml_metadata_is_back(tmp_path):
    write_sample_data(tmp_path / "films", patients_per_class=12, size=32)
    recipe = load_recipe("quickstart", TINY)
    with socket.socket() as listener, grpc_server() as server:
        listener.bind(("127.0.0.1", 0))  # not listening yet: connections are refused
        values = {
            "node": "ImageExampleGen",
            "recipe": encode_recipe(recipe),
            "stack": installed_stack(),
            "version": metadata.version("medtfx"),
            "run-id": "1",
            "data": tmp_path / "films",
            "root": tmp_path,
            "retries": 1,
            "retry-wait": 1,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "kubeflow.node", *(f"--{k}={v}" for k, v in values.items())],
            cwd=ROOT,
            env={**os.environ, "MEDTFX_MLMD": f"grpc://127.0.0.1:{listener.getsockname()[1]}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        log = ""
        for line in process.stdout:
            log += line
            if "lost a connection. It starts again in 1 s: attempt 2 of 2" in line:
                break
        with forwarded(listener, int(server.rsplit(":", 1)[1])):
            log += process.stdout.read()
            assert process.wait() == 0, log
    assert "ImageExampleGen took" in log and "Traceback" not in log
