"""How the process of the nodes ends; what it does with them, the runs of whole packages show."""

import argparse
import subprocess
import sys
import time

import pytest

from components.runtime.errors import DataError
from kubeflow.node import worker
from kubeflow.node.attempts import TRY_AGAIN
from pipeline.runs.runner import NodeFailedError
from tests.paths import ROOT


@pytest.fixture
def fail(monkeypatch):
    """Runs the worker with nodes that raise an error."""

    def fail(error: Exception) -> int:
        def raising(given: argparse.Namespace) -> int:
            raise NodeFailedError("Trainer") from error

        monkeypatch.setattr(worker, "_run", raising)
        return worker._try(argparse.Namespace())

    return fail


def test_a_lost_connection_is_left_to_another_attempt(fail, caplog):
    assert fail(ConnectionResetError("reset by peer")) == TRY_AGAIN
    assert "reset by peer" in caplog.text


@pytest.mark.parametrize("error", [ValueError("a defect"), DataError("no such class")])
def test_any_other_error_is_raised(fail, error):
    with pytest.raises(NodeFailedError):
        fail(error)


def test_an_error_of_the_user_comes_without_what_is_around_it(monkeypatch, caplog):
    from pipeline.runs import runner

    def launch(*arguments):
        raise NodeFailedError("DataAudit") from DataError("two classes share images")

    monkeypatch.setattr(runner, "launch_node", launch)
    with pytest.raises(DataError, match="two classes share images"):
        worker._launch(None, "DataAudit", None)
    assert "DataAudit failed" in caplog.text


def test_it_ends_when_the_process_of_the_task_is_killed():
    task = (
        "import subprocess, sys, time\n"
        "nodes = 'from kubeflow.node.worker import _end_with_the_task as f; f(); '\n"
        "nodes += 'import time; print(1, flush=True); time.sleep(600)'\n"
        "process = subprocess.Popen([sys.executable, '-c', nodes], stdout=subprocess.PIPE)\n"
        "process.stdout.readline()\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", task], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        nodes = int(started.stdout.readline())
        started.kill()
    deadline = time.monotonic() + 60
    while is_running(nodes):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
