"""A session: one run at a time in a home, with an id, a log, and a quiet terminal."""

import contextlib
import fcntl
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console

from components.runtime.errors import DataError
from components.storage.private import private_files
from pipeline.home import Home


@dataclass(frozen=True)
class RunSession:
    """A run that has started.

    Attributes:
        run_id: time of the start, also the id of the pipeline run in ML Metadata.
        log: file that takes what libraries print.
        console: on the real output.
    """

    run_id: str
    log: Path
    console: Console


@contextlib.contextmanager
def run_session(home: Home) -> Iterator[RunSession]:
    """Starts a run, alone in its home, that writes its files with the site's umask.

    Raises:
        DataError: another run is active in this home, or the site's umask is not one.
    """
    exposed = home.make()
    with private_files(), _only_run(home):
        home.runs.mkdir(exist_ok=True)
        run_id = _new_run_id(home)
        log = home.runs / f"{run_id}.log"
        with output_to(log) as console:
            if exposed:
                console.print(exposed, highlight=False, markup=False, soft_wrap=True)
            yield RunSession(run_id, log, console)


def _new_run_id(home: Home) -> str:
    """Returns the time, once no earlier run has it: ML Metadata would take two runs for one."""
    while (home.runs / f"{(run_id := datetime.now().strftime('%Y%m%d-%H%M%S'))}.log").exists():
        time.sleep(0.05)
    return run_id


@contextlib.contextmanager
def _only_run(home: Home) -> Iterator[None]:
    with open(home.root / "lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                f"Another run is active in {home.root}. Wait for it, or use another --home."
            ) from None
        yield


@contextlib.contextmanager
def output_to(log: Path) -> Iterator[Console]:
    """Sends what libraries print to the log, and yields a console on the real output.

    TensorFlow writes from C++ too, so the file descriptors themselves are redirected.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved, root = (os.dup(1), os.dup(2)), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    with open(log, "a", encoding="utf-8") as file, os.fdopen(os.dup(saved[0]), "w") as screen:
        logging.basicConfig(level=logging.INFO, stream=file)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield Console(file=screen)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            for descriptor in saved:
                os.close(descriptor)
            root.handlers[:] = handlers
            root.setLevel(level)
