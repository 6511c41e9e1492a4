"""Runs a command, and watches its time, and that and the memory of all its processes."""

import os
import resource
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
MEDTFX = ("-c", "from pipeline.cli.main import main; main()")  # of this working tree
_EVERY = 0.5  # seconds; each look costs some 20 ms of a processor


@dataclass(frozen=True)
class Sample:
    """The processes of a command at one time.

    Attributes:
        time: of the wall clock, in seconds.
        memory: MB; what is resident of each, shared pages shared out among those that have them.
        own: MB of that without pages of files, such as the code of libraries, which the kernel
            takes back when it needs room.
        cpu: seconds of the processor that they took so far.
    """

    time: float
    memory: float
    own: float
    cpu: float


@dataclass(frozen=True)
class Watched:
    """A command that has ended.

    Attributes:
        seconds: from start to end.
        cpu: seconds of the processor.
        output: what it printed.
        samples: in the order of time; none if it ended too soon.
    """

    seconds: float
    cpu: float
    output: str
    samples: tuple[Sample, ...]

    @property
    def peak(self) -> float:
        """Most memory at one time, in MB."""
        return max((sample.memory for sample in self.samples), default=0.0)

    @property
    def peak_own(self) -> float:
        """The same without pages of files."""
        return max((sample.own for sample in self.samples), default=0.0)

    def between(self, start: float, end: float) -> tuple[float, float]:
        """Returns seconds of the processor and most memory between two times of the wall clock."""
        inside = [sample for sample in self.samples if start <= sample.time <= end]
        if not inside:
            return 0.0, 0.0
        return inside[-1].cpu - inside[0].cpu, max(sample.memory for sample in inside)


def watch(command: Sequence[Any], allowed: Sequence[int] = (0,)) -> Watched:
    """Runs Python to its end.

    Args:
        command: arguments of Python.
        allowed: exit codes; any other one ends the benchmark.
    """
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "PYTHONPATH": str(ROOT)}
    started, before = time.monotonic(), _cpu_of_children()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *map(str, command)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    samples: list[Sample] = []
    threading.Thread(target=_sample, args=(process, samples), daemon=True).start()
    output, errors = process.communicate()
    seconds = time.monotonic() - started
    if process.returncode not in allowed:
        sys.exit(f"{[*map(str, command)]}:\n{output[-2000:]}\n{errors[-4000:]}")
    return Watched(seconds, _cpu_of_children() - before, output, tuple(samples))


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _sample(process: subprocess.Popen, samples: list[Sample]) -> None:
    while process.poll() is None:
        memory = own = cpu = 0.0
        for member in _family(process.pid):
            try:
                found = member.memory_full_info()
                memory += found.pss / 1e6
                own += (found.rss - found.shared) / 1e6
                cpu += sum(member.cpu_times()[:4])  # with children that have ended
            except psutil.Error:  # it has just ended
                continue
        samples.append(Sample(time.time(), memory, own, cpu))
        time.sleep(_EVERY)


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
