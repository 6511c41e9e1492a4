"""With small scripts in place of the nodes' process, which loads TensorFlow."""

import argparse
import sys
from pathlib import Path

import pytest

from components.runtime.memory import ContainerMemory
from kubeflow.node import attempts

NODES = ("Baseline", "Evaluator", "ServingValidator")
# Writes which nodes it was started for, gets to the second one, and ends as it is told.
SCRIPT = """
import os, signal, sys
log, at, *nodes = sys.argv[1:]
with open(log, "a") as file:
    file.write(" ".join(nodes) + "\\n")
with open(log) as file:
    attempt = len(file.readlines())
with open(at, "w") as file:
    file.write("Evaluator")
{end}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the nodes; returns the exit code, and which nodes each attempt was started for."""

    def run(end: str, retries: int = 2) -> tuple[int, list[list[str]]]:
        log = tmp_path / "attempts"

        def command(arguments, nodes, at: Path) -> list[str]:
            return [sys.executable, "-c", SCRIPT.format(end=end), str(log), str(at), *nodes]

        monkeypatch.setattr(attempts, "_command", command)
        given = argparse.Namespace(retries=retries, retry_wait=0.0)
        code = attempts.run_nodes(given, [], NODES)
        return code, [line.split() for line in log.read_text().splitlines()]

    return run


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_of_nodes_that_have_run_is_the_tasks(run, code):
    assert run(f"sys.exit({code})") == (code, [list(NODES)])


def test_an_error_is_not_tried_again(run):
    assert run("sys.exit(1)") == (1, [list(NODES)])


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("attempt < 3 and os.kill(os.getpid(), signal.SIGKILL)", "was killed by signal 9"),
        (f"sys.exit({attempts.TRY_AGAIN} if attempt < 3 else 0)", "lost a connection"),
    ],
)
def test_what_passes_is_tried_again_from_the_node_where_it_was(run, caplog, end, reason):
    assert run(end) == (0, [list(NODES), [*NODES[1:]], [*NODES[1:]]])
    assert f"Evaluator {reason}. It starts again in 0 s: attempt 2 of 3." in caplog.text


def test_after_the_last_attempt_it_gives_up(run, caplog):
    code, started = run("os.kill(os.getpid(), signal.SIGKILL)", retries=1)
    assert code == 1 and len(started) == 2
    assert "Evaluator was killed by signal 9, in the last of 2 attempts." in caplog.text


def test_the_process_may_clean_up_when_the_pod_ends(run, tmp_path):
    """As Kubernetes does, the script sends SIGTERM to the task alone."""
    done = tmp_path / "done"
    clean_up = f"(open({str(done)!r}, 'w').close(), sys.exit())"
    end = (
        f"signal.signal(signal.SIGTERM, lambda *_: {clean_up})\n"
        "os.kill(os.getppid(), signal.SIGTERM)\nsignal.pause()"
    )
    with pytest.raises(SystemExit) as ended:
        run(end)
    assert ended.value.code == 143 and done.exists()


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(1)"])
def test_out_of_memory_is_a_sentence_and_not_tried_again(run, caplog, monkeypatch, end):
    # A control group with a limit needs rights that a test does not have everywhere.
    states = iter([ContainerMemory(), ContainerMemory(8 << 30, 8 << 30, 8 << 30, kills=1)])
    monkeypatch.setattr(attempts, "container_memory", lambda: next(states))
    monkeypatch.setattr(attempts, "_warned_of_memory", lambda: True)
    code, started = run(end)
    assert code == 1 and len(started) == 1
    assert "Evaluator ran out of memory: its pod asked for 8.0 GiB and used 8.0 GiB" in caplog.text
    assert "platform.nodes.Evaluator.memory" in caplog.text


@pytest.mark.parametrize(("needed", "warned"), [(7 << 30, False), (15 << 29, True)])
def test_memory_that_is_nearly_used_up_is_logged(monkeypatch, caplog, needed, warned):
    monkeypatch.setattr(
        attempts, "container_memory", lambda: ContainerMemory(8 << 30, 8 << 30, needed)
    )
    assert attempts._warned_of_memory() is warned
    assert ("Memory: 7.5 GiB of the pod's 8.0 GiB" in caplog.text) is warned


def test_the_command_is_the_tasks_for_the_nodes_that_are_left():
    given = ["--node", "Baseline", "--node=Evaluator", "--data", "/data", "--beam-arg=--x=1"]
    command = attempts._command(given, ["Evaluator"], Path("/tmp/at"))
    assert command[1:] == [
        *("-m", "kubeflow.node.worker", "--data", "/data", "--beam-arg=--x=1"),
        *("--node", "Evaluator", "--at", "/tmp/at"),
    ]
