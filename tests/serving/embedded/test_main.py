"""`python -m serving.embedded`, as the serving validator starts it."""

import os
import socket
import subprocess
import sys

import grpc
import pytest

from components.runtime.environment import SERVING_TOKEN
from serving.protocol.token import metadata_of

TOKEN = "a-token-of-some-length"


@pytest.fixture
def launch():
    """Starts it; returns the process and the parent's side of the socket."""
    started = []

    def start(models):
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "serving.embedded", str(models), "--parent-fd"]
            process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=os.environ | {SERVING_TOKEN.name: TOKEN},
                stderr=subprocess.PIPE,
                text=True,
            )
        started.append((process, ours))
        return process, ours

    yield start
    for process, ours in started:
        process.kill()
        process.communicate()
        ours.close()


def test_it_reports_its_address_and_ends_with_its_parent(launch, base, stubs, tools, bright):
    process, parent = launch(base)
    address = parent.recv(100).decode()
    assert address.endswith("\n")
    ask = stubs(address.strip()).predictions.Predict
    with pytest.raises(grpc.RpcError) as refused:
        ask(tools.request(bright))
    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
    answer = ask(tools.request(bright), metadata=metadata_of(TOKEN))
    assert answer.outputs["label"].string_val == [b"bright"]
    parent.close()
    assert process.wait(60) == 0


def test_a_folder_that_is_not_there_is_a_sentence(launch, tmp_path):
    process, parent = launch(tmp_path / "nowhere")
    assert parent.recv(100) == b""
    assert process.wait(60) == 1
    assert "there is no folder" in process.stderr.read()
