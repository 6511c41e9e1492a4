import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serving.app.child import EmbeddedChild
from serving.client import Client
from serving.protocol.errors import TokenError
from tests.paths import ROOT


@pytest.fixture
def answers(dark):
    def ask(child):
        with Client(child.address(), "tiny", timeout=10.0, token=child.token) as client:
            return client.predict([dark])[0].label

    return ask


@pytest.mark.end_to_end  # two starts of TensorFlow
def test_a_child_that_dies_is_replaced_and_the_last_one_stopped(base, answers, tools, dark):
    with EmbeddedChild(base) as child:
        first = tools.eventually(child.address, 120)
        assert answers(child) == "dark"
        with Client(first, "tiny", token="of another user") as client, pytest.raises(TokenError):
            client.predict([dark])
        os.kill(child._process.pid, signal.SIGKILL)
        tools.eventually(lambda: child.address() not in (None, first), 120)
        assert answers(child) == "dark"
        last = child._process
    assert last.poll() == 0
    assert child.address() is None


@pytest.mark.end_to_end
def test_a_child_goes_down_with_a_parent_that_was_killed(base, tools):
    code = (
        "import sys, time; from pathlib import Path; from serving.app.child import EmbeddedChild\n"
        "with EmbeddedChild(Path(sys.argv[1])) as child:\n"
        "    while not child.address(): time.sleep(0.05)\n"
        "    print(child._process.pid, flush=True)\n"
        "    time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(base)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    tools.eventually(lambda: not is_running(pid), 30)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, though nobody has asked how
