"""A program that listens on a port of loopback, in a process of its own."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_PATIENCE_SECONDS = 300


@contextlib.contextmanager
def listening(
    command: list[str], port: int, log: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """Keeps it running within the block, from the moment its port answers; yields HOST:PORT."""
    with open(log, "wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield f"localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
