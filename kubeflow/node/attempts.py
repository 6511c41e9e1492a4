"""Starts the process of the nodes, and starts it again after what passes.

Kubeflow Pipelines starts a task again only if its pod has vanished, not if its container failed
(Argo's `retryPolicy: OnError`, which KFP ships). So what is worth another try is tried again here:
a process that was killed, a lost connection, a database that is away. A training then goes on
after its last finished epoch. Wrong input and too little memory are not tried again.
"""

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from components.nodes import kind_of
from components.runtime.exit_codes import ExitCode
from components.runtime.memory import ContainerMemory, container_memory, gibibytes
from kubeflow.node.library_noise import QuietErrors
from kubeflow.node.task import log

# Exit code of the process for what passes; sysexits.h calls it EX_TEMPFAIL.
TRY_AGAIN = 75
_POLL_SECONDS = 0.2
_NEARLY_ALL = 0.9
_GRACE_SECONDS = 20.0  # of the 30 that a pod has


def run_nodes(given: argparse.Namespace, arguments: Sequence[str], nodes: Sequence[str]) -> int:
    """Runs nodes in a process of their own, and returns the exit code of the task.

    Args:
        given: arguments of the task, with the number of restarts and the wait before the first.
        arguments: the same as words.
        nodes: of the task that are still to run, in order.
    """
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder, "node")
        for attempt in range(given.retries + 1):
            nodes = nodes[nodes.index(at.read_text()) :] if at.exists() else nodes
            before = container_memory()
            code = _run_once(_command(arguments, nodes, at))
            if code >= 0 and code not in (ExitCode.FAILED, TRY_AGAIN):
                return code
            node = at.read_text() if at.exists() else nodes[0]
            after = container_memory()
            if after.kills > before.kills:
                log.error("Error: %s", out_of_memory(node, after))
                return ExitCode.FAILED
            if code == ExitCode.FAILED:
                return ExitCode.FAILED
            if attempt < given.retries:
                wait = given.retry_wait * 2**attempt
                log.warning(
                    "%s %s. It starts again in %.0f s: attempt %d of %d.",
                    node, _reason(code), wait, attempt + 2, given.retries + 1,
                )  # fmt: skip
                time.sleep(wait)
    log.error("Error: %s %s, in the last of %d attempts.", node, _reason(code), given.retries + 1)
    return ExitCode.FAILED


def out_of_memory(node: str, memory: ContainerMemory) -> str:
    """Returns the error of a node that was killed because its pod had too little memory."""
    return (
        f"{node} ran out of memory: its pod asked for {gibibytes(memory.limit)} and used "
        f"{gibibytes(memory.peak)}. Give it more by platform.nodes.{kind_of(node)}.memory in the "
        "recipe, or let it need less, for example by a smaller training.batch_size. It is not "
        "started again."
    )


def _run_once(command: list[str]) -> int:
    """Returns the exit code of the process, negative after a signal.

    SIGTERM, by which Kubernetes ends a pod, goes on to the process, which may have a job on an
    engine of Beam to cancel.
    """
    warned = False
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = QuietErrors(process.stderr)
    try:
        while True:
            try:
                return process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                # Kubernetes may kill the whole container, and this is then the last line.
                warned = warned or _warned_of_memory()
    except SystemExit:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        raise
    finally:
        process.kill()
        errors.finish()
        signal.signal(signal.SIGTERM, before)


def _warned_of_memory() -> bool:
    memory = container_memory()
    if not memory.limit or not memory.needed or memory.needed < _NEARLY_ALL * memory.limit:
        return False
    log.warning(
        "Memory: %s of the pod's %s are in use; above that, Kubernetes kills it (exit code 137).",
        gibibytes(memory.needed), gibibytes(memory.limit),
    )  # fmt: skip
    return True


def _command(arguments: Sequence[str], nodes: Sequence[str], at: Path) -> list[str]:
    """Returns the command for the nodes that are left: the task's, with fewer of them."""
    kept: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--node":
            next(words)
        elif not word.startswith("--node="):
            kept.append(word)
    left = [word for node in nodes for word in ("--node", node)]
    return [sys.executable, "-m", "kubeflow.node.worker", *kept, *left, "--at", str(at)]


def _reason(code: int) -> str:
    return "lost a connection" if code == TRY_AGAIN else f"was killed by signal {-code}"
