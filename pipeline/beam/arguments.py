"""The options of Beam: by default its nodes run in this process, or else on an engine of a cluster.

ImageExampleGen, StatisticsGen, Transform and Evaluator run on Beam. Flink, Spark and Dataflow
spread their work over machines; the options are Beam's own, passed on as they are.
"""

import shutil
import socket
from collections.abc import Sequence

from components.runtime.errors import MedtfxError
from components.storage.object_storage import worker_options

# Without options Beam runs in this process. With any option, TFX packs itself for the workers (2 s
# and 50 MB in the temporary folder, for each node), unless an option names a container image. The
# workers on this machine need neither, and the image's name is never used.
BEAM_ARGS: tuple[str, ...] = ()
_NOTHING_TO_PACK = "--sdk_container_image=none"

# Beam starts their job server with Java.
_JAVA_RUNNERS = ("FlinkRunner", "SparkRunner")
_JOB_SERVER = "--job_endpoint"
_TIMEOUT_SECONDS = 10


class BeamError(MedtfxError):
    """The options of Beam are not valid, or something that they need is missing."""


def beam_args(given: Sequence[str], check: bool = True) -> tuple[str, ...]:
    """Returns the options for the nodes on Beam. Call it after `object_storage.prepare`.

    Args:
        given: options of Beam, e.g. `--runner=FlinkRunner`. Without a runner Beam runs on this
            machine.
        check: whether to make sure that runner and job server can be used.

    Raises:
        BeamError: an option is no `--name=value`, the runner is unknown or needs Java that is not
            installed, or the job server can't be reached.
    """
    for option in given:
        if not option.startswith("--") or option == "--":
            raise BeamError(
                f"--beam-arg takes one option of Beam, e.g. --beam-arg=--runner=FlinkRunner. "
                f"Received: {option!r}"
            )
    options = {name: value for name, _, value in (option.partition("=") for option in given)}
    if "--runner" not in options:
        return (*given, _NOTHING_TO_PACK, *worker_options()) if given else BEAM_ARGS
    if not check:
        return (*given, *worker_options())
    _check_runner(options["--runner"])
    if _JOB_SERVER in options:
        _check_job_server(options[_JOB_SERVER])
    return (*given, *worker_options())


def _check_runner(name: str) -> None:
    from apache_beam.runners.runner import create_runner

    try:
        create_runner(name)
    except (ValueError, ImportError, AttributeError) as error:
        raise BeamError(
            f"Beam has no runner {name!r} here: {error}. Write --runner=NAME with DirectRunner, "
            "FlinkRunner, SparkRunner, PortableRunner or DataflowRunner."
        ) from error
    if name in _JAVA_RUNNERS and shutil.which("java") is None:
        raise BeamError(
            f"{name} starts Beam's job server with Java, and there is no `java` on PATH. Install a "
            "Java runtime, or start the job server yourself and name it: --runner=PortableRunner, "
            "--job_endpoint=HOST:PORT."
        )


def _check_job_server(address: str) -> None:
    """Checks the address: Beam would wait for a minute and then report only a timeout."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _TIMEOUT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise BeamError(
            f"No job server of Beam at {_JOB_SERVER}={address}: {error}. It is HOST:PORT, as seen "
            "from this machine. Check that the server runs."
        ) from None
