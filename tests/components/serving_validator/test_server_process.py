"""The process around the server, with stand-ins that need no TensorFlow."""

import os

import pytest

from components.serving_validator.server_process import ServerProcess
from components.serving_validator.unservable import UnservableError

# What `serving.embedded` does with its arguments, and nothing else.
PARENT = """
import os, signal, socket, sys
models, *_, number = sys.argv[1:]
parent = socket.socket(fileno=int(number))
"""


@pytest.fixture
def run(write_server, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()

    def start(code: str) -> ServerProcess:
        return ServerProcess(write_server(PARENT + code), tmp_path / "models", folder)

    return start


def test_the_address_is_returned_and_the_process_ended(run):
    code = "parent.sendall(f'{os.getpid()}:1\\n'.encode()); signal.pause()"
    with run(code) as server:
        process = int(server.wait_until_ready(60).partition(":")[0])
        assert server.wait_for_end(0) is None
        os.kill(process, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("os.abort()", "was ended by SIGABRT while it loaded the model"),
        (
            "os.kill(os.getpid(), 9)",
            "was ended by SIGKILL, perhaps because memory was short, while",
        ),
        ("sys.exit('no such folder')", "ended with exit code 1 while it loaded the model"),
        ("import no_such_module", "ended with exit code 1 while it loaded the model"),
    ],
)
def test_a_process_that_ends_is_noticed_at_once(run, code, words):
    with run(code) as server, pytest.raises(UnservableError, match=words) as refused:
        server.wait_until_ready(60)
    assert not refused.value.conclusive


def test_a_process_that_hangs_is_not_waited_for(run):
    words = "was not ready within 0.5 s"
    with run("signal.pause()") as server, pytest.raises(UnservableError, match=words):
        server.wait_until_ready(0.5)
    assert server.wait_for_end(0) is not None


def test_its_last_words_are_kept(run):
    with run("print('starting'); sys.exit('the disk is on fire')") as server:
        server.wait_for_end(60)
        assert server.log_tail().splitlines() == ["starting", "the disk is on fire"]
