"""Runs a command, and watches its time and the memory of all its processes."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
MEDTFX = ("-c", "from pipeline.cli import main; main()")  # of this working tree
_EVERY = 0.1  # seconds


@dataclass(frozen=True)
class Watched:
    """A command that has ended.

    Attributes:
        seconds: from start to end.
        peak: most memory of the process and its children at one time, in MB: what is resident of
            each, shared pages shared out among those that have them.
        output: what it printed.
    """

    seconds: float
    peak: float
    output: str


def watch(command: Sequence[Any], allowed: Sequence[int] = (0,), memory: bool = True) -> Watched:
    """Runs Python to its end.

    Args:
        command: arguments of Python.
        allowed: exit codes; any other one ends the benchmark.
        memory: whether to watch it, which costs a per cent of a processor.
    """
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "PYTHONPATH": str(ROOT)}
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *map(str, command)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peaks = [0.0]
    watcher = threading.Thread(target=_watch_memory, args=(process, peaks), daemon=True)
    if memory:
        watcher.start()
    output, errors = process.communicate()
    seconds = time.monotonic() - started
    if process.returncode not in allowed:
        sys.exit(f"{[*map(str, command)]}:\n{output[-2000:]}\n{errors[-4000:]}")
    return Watched(seconds, max(peaks), output)


def _watch_memory(process: subprocess.Popen, peaks: list[float]) -> None:
    while process.poll() is None:
        peaks.append(_memory(process.pid))
        time.sleep(_EVERY)


def _memory(pid: int) -> float:
    """Returns the MB of a process and its descendants."""
    total = 0
    try:
        family = psutil.Process(pid)
        members = [family, *family.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for member in members:
        try:
            total += member.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total / 1e6
