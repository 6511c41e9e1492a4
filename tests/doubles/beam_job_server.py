"""A job server of Beam and a pool of its workers, in processes of their own as on a cluster.

Both are Beam's own, in Python. The job servers of Flink and Spark need Java and a cluster; what
TFX's nodes send to them, and what their workers need, is the same.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.doubles.databases import free_port

_PATIENCE_SECONDS = 300
# Beam's own server would end a job after a minute without; Flink's and Spark's don't.
_JOB_SECONDS = 1200


@contextlib.contextmanager
def beam_server(
    environment: Mapping[str, str], logs: Path, worker: str = ""
) -> Iterator[list[str]]:
    """Yields the options of Beam that lead to the server.

    Args:
        environment: of the workers, which need the image as the nodes do.
        logs: folder for what both print.
        worker: program that the pool starts as a worker; Beam's own by default.
    """
    jobs, workers = free_port(), free_port()
    # The pool starts `python`.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    runners = "apache_beam.runners"
    pool = [f"{runners}.worker.worker_pool_main", f"--service_port={workers}"]
    commands = {
        jobs: [f"{runners}.portability.local_job_service_main", "--port", str(jobs)],
        workers: [*pool, f"--container_executable={worker}"] if worker else pool,
    }
    with contextlib.ExitStack() as stack:
        for port, command in commands.items():
            log = stack.enter_context(open(logs / f"{command[0]}.log", "wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env={**environment, "PATH": path},
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            _wait_for(port, process)
        yield [
            "--runner=PortableRunner",
            f"--job_endpoint=localhost:{jobs}",
            f"--job_server_timeout={_JOB_SECONDS}",
            "--environment_type=EXTERNAL",
            f"--environment_config=localhost:{workers}",
        ]


def jobs_run(logs: Path) -> int:
    """Returns how many jobs the server has been given."""
    (log,) = logs.glob("*local_job_service_main.log")
    return log.read_text().count("Running job ")


def _wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("localhost", port), 1).close()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, process.args
            time.sleep(0.2)
