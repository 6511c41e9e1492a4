"""An engine of Beam and a pool of its workers, in processes of their own as on a cluster.

The engine is Prism, Beam's own for one machine. Flink and Spark need Java and a cluster, and their
job servers are not in every registry; what TFX's nodes send to an engine, and what its workers
need, is the same.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.doubles.databases import free_port
from tests.doubles.go_tools import go_tool
from tests.doubles.listening import listening

_ENGINE_LOG = "prism.log"


@contextlib.contextmanager
def beam_engine(environment: Mapping[str, str], logs: Path) -> Iterator[list[str]]:
    """Yields the options of Beam that lead to engine and pool.

    Args:
        environment: of the workers, which need the image as the nodes do.
        logs: folder for what both print.
    """
    with prism(logs) as jobs, worker_pool(environment, logs) as workers:
        yield engine_options(jobs, workers)


def engine_options(jobs: str, workers: str) -> list[str]:
    """Returns Beam's options.

    Args:
        jobs: HOST:PORT of the engine.
        workers: HOST:PORT of the pool.
    """
    return [
        "--runner=PortableRunner",
        f"--job_endpoint={jobs}",
        "--environment_type=EXTERNAL",
        f"--environment_config={workers}",
    ]


@contextlib.contextmanager
def prism(logs: Path) -> Iterator[str]:
    """Keeps an engine running within the block, and yields its address."""
    port = free_port()
    command = [go_tool("prism"), f"--job_port={port}", "--serve_http=false"]
    with listening(command, port, logs / _ENGINE_LOG, dict(os.environ)) as address:
        yield address


@contextlib.contextmanager
def worker_pool(
    environment: Mapping[str, str], logs: Path, program: str = "medtfx-beam-worker"
) -> Iterator[str]:
    """Keeps a pool running within the block, and yields its address.

    Args:
        environment: of the workers.
        logs: folder for what they print.
        program: what the pool starts as a worker; '': the first `python` on PATH.
    """
    port = free_port()
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main",
               f"--service_port={port}"]  # fmt: skip
    if program:
        command.append(f"--container_executable={program}")
    path = f"{Path(sys.executable).parent}:{environment.get('PATH', os.environ['PATH'])}"
    with listening(command, port, logs / "pool.log", {**environment, "PATH": path}) as address:
        yield address


def jobs_run(logs: Path) -> int:
    """Returns how many jobs the engine has finished."""
    return (logs / _ENGINE_LOG).read_text().count("pipeline done!")
