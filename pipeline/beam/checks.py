"""What is refused before a run: an engine, a job server or workers that can't be used.

Beam would find each of them out after minutes, with a message of its own, or never.
"""

import ipaddress
import shutil
import socket
from collections.abc import Mapping
from typing import Any

from components.runtime.environment import BEAM_POOL_CHECK
from components.runtime.errors import first_line
from pipeline.beam.errors import BeamError
from pipeline.beam.pool import check_pool
from pipeline.beam.settings import asks_pool, patience_minutes

# Beam starts their job server with Java.
_JAVA_RUNNERS = ("FlinkRunner", "SparkRunner")
_JOB_SERVER = "--job_endpoint"
_TIMEOUT_SECONDS = 10


def check_engine(options: Mapping[str, str]) -> bool:
    """Makes sure that the runner, its job server and its workers can be used.

    Args:
        options: name, with its dashes → value; with a runner.

    Returns:
        Whether only a job can show that a worker comes, see `pipeline.beam.small_job`.

    Raises:
        BeamError: what is missing, and what to do.
    """
    from apache_beam.runners.portability.portable_runner import PortableRunner

    patience_minutes()
    runner = _runner(options["--runner"])
    name = type(runner).__name__
    if name == "DataflowRunner":
        _check_dataflow(options)
    if not isinstance(runner, PortableRunner):
        return False
    if _JOB_SERVER in options:
        _check_job_server(options[_JOB_SERVER])
    elif name in _JAVA_RUNNERS:
        _check_java(name, options)
    elif name == "PortableRunner":
        raise BeamError(
            "PortableRunner needs a job server: --job_endpoint=HOST:PORT. Name that of the engine."
        )
    return _check_workers(name, options)


def _runner(name: str) -> Any:
    from apache_beam.runners.runner import create_runner

    try:
        return create_runner(name)
    except (ValueError, ImportError, AttributeError) as error:
        raise BeamError(
            f"Beam has no runner {name!r} here. Write --runner=NAME with DirectRunner, "
            "FlinkRunner, SparkRunner, PortableRunner or DataflowRunner."
        ) from error


def _check_dataflow(options: Mapping[str, str]) -> None:
    if not options.get("--sdk_container_image"):
        raise BeamError(
            "Dataflow's own workers lack medtfx. Name an image that has medtfx and Beam's program "
            "`boot`: --sdk_container_image=IMAGE."
        )


# === The job server ===


def _check_job_server(address: str) -> None:
    """Checks the address: Beam would wait for a minute and then report only a timeout."""
    try:
        _connect(address)
    except (OSError, ValueError) as error:
        raise BeamError(
            f"No job server of Beam at {_JOB_SERVER}={address}: {error}. It is HOST:PORT, as seen "
            "from this machine. Check that the server runs."
        ) from None


def _check_java(name: str, options: Mapping[str, str]) -> None:
    java = options.get("--job_server_java_launcher", "java")
    remedy = (
        "or start the job server yourself and name it: --runner=PortableRunner, "
        "--job_endpoint=HOST:PORT."
    )
    if shutil.which(java) is None:
        raise BeamError(
            f"{name} starts Beam's job server with Java, and there is no `{java}` on PATH. Install "
            f"a Java runtime, {remedy}"
        )
    try:
        _fetch_jar(name, options)
    except Exception as error:
        why = first_line(error) or type(error).__name__
        jar = f"--{name.removesuffix('Runner').lower()}_job_server_jar=FILE"
        raise BeamError(
            f"The jar of {name}'s job server can't be had: {why}. Give it by {jar}, {remedy}"
        ) from error


def _fetch_jar(name: str, options: Mapping[str, str]) -> None:
    """Has Beam look for the jar where it will, and download it if it is not there."""
    from apache_beam.options.pipeline_options import JobServerOptions, PipelineOptions
    from apache_beam.runners.portability import flink_runner, spark_runner

    parsed = PipelineOptions([f"{key}={value}" for key, value in options.items()])
    kind = {
        "FlinkRunner": flink_runner.FlinkJarJobServer,
        "SparkRunner": spark_runner.SparkJarJobServer,
    }[name]
    server = kind(parsed)
    server.local_jar(server.path_to_jar(), parsed.view_as(JobServerOptions).jar_cache_dir)


# === The workers ===


def _check_workers(name: str, options: Mapping[str, str]) -> bool:
    """Returns whether it is still unknown if a worker comes."""
    kind = options.get("--environment_type", "").upper()
    config = options.get("--environment_config", "")
    if not kind and name != "PrismRunner":
        raise BeamError(
            f"{name} starts workers in Beam's own container image, which lacks medtfx. Name a pool "
            "of workers that have it: --environment_type=EXTERNAL, --environment_config=HOST:PORT."
        )
    if kind == "DOCKER" and not (config or options.get("--sdk_container_image")):
        raise BeamError(
            "--environment_type=DOCKER starts Beam's own container image, which lacks medtfx. Name "
            "one that has medtfx and Beam's program `boot`: --environment_config=IMAGE."
        )
    if kind == "EXTERNAL" and config and _reachable_from_here(config, options):
        _check_pool_answers(config)
        if is_local(config):
            check_pool(config)
            return False
    return kind not in ("", "LOOPBACK")  # these are started here


def _reachable_from_here(pool: str, options: Mapping[str, str]) -> bool:
    """Returns whether the pool's address means the same here and where the engine runs.

    A pool beside each worker of the engine is `localhost` there, and another machine from here.
    """
    if not asks_pool():
        return False
    return not is_local(pool) or is_local(options.get(_JOB_SERVER, "localhost:0"))


def _check_pool_answers(address: str) -> None:
    try:
        _connect(address)
    except (OSError, ValueError) as error:
        raise BeamError(
            f"No pool of workers at --environment_config={address}: {error}. It is HOST:PORT. "
            "Start it in medtfx's environment: PATH=BIN:$PATH python -m "
            "apache_beam.runners.worker.worker_pool_main --service_port=PORT "
            f"--container_executable=medtfx-beam-worker. If only the engine can reach it, set "
            f"{BEAM_POOL_CHECK}=off."
        ) from None


def is_local(address: str) -> bool:
    """Returns whether HOST:PORT names this machine as `localhost` or a loopback address."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _connect(address: str) -> None:
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), _TIMEOUT_SECONDS).close()
