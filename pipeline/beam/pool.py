"""Whether a pool of Beam's workers starts one that works.

A pool starts the `python` that is first on its PATH. One without apache_beam ends at once, and the
engine would wait for its worker for ever.
"""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
    endpoints_pb2,
)

from pipeline.beam.errors import BeamError

_SECONDS = 120.0  # a busy machine takes its time to load Beam
_THREADS = 4


def check_pool(address: str, seconds: float = _SECONDS) -> None:
    """Has the pool start a worker, and waits until the worker reports for work.

    Args:
        address: HOST:PORT of a pool on this machine.
        seconds: to wait for the worker.

    Raises:
        BeamError: the pool refuses, or its worker does not come.
    """
    with _Engine() as engine, grpc.insecure_channel(address) as channel:
        pool = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)
        try:
            trouble = _trouble(pool, engine, seconds)
        except grpc.RpcError as error:
            raise BeamError(
                f"The pool of workers at {address} does not answer as Beam's pool does: "
                f"{error.details()}. Check that --environment_config names its port."
            ) from None
    if trouble:
        raise BeamError(
            f"The pool at {address} starts no worker that works: {trouble}. Its `python` may lack "
            "apache_beam and medtfx. Start the pool with `bin` of medtfx's environment first on "
            "PATH, and with --container_executable=medtfx-beam-worker."
        )


def _trouble(pool: Any, engine: "_Engine", seconds: float) -> str:
    """Returns why no worker came; '' if one did."""
    worker = f"medtfx-check-{uuid.uuid4().hex[:8]}"
    endpoint = endpoints_pb2.ApiServiceDescriptor(url=engine.address)
    request = beam_fn_api_pb2.StartWorkerRequest(
        worker_id=worker,
        control_endpoint=endpoint,
        logging_endpoint=endpoint,
        artifact_endpoint=endpoint,
        provision_endpoint=endpoint,
    )
    if refusal := pool.StartWorker(request, timeout=seconds).error.strip():
        return str(refusal.splitlines()[-1])
    came = engine.worker_came.wait(seconds)
    pool.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id=worker), timeout=seconds)
    return "" if came else f"it did not come within {seconds:.0f} s"


class _Engine(
    beam_fn_api_pb2_grpc.BeamFnControlServicer,
    beam_fn_api_pb2_grpc.BeamFnLoggingServicer,
    beam_provision_api_pb2_grpc.ProvisionServiceServicer,
):
    """The part of an engine that a worker asks first: a gRPC server on a loopback port.

    Beam's API names the methods.
    """

    def __init__(self) -> None:
        self.worker_came = threading.Event()
        self._stopped = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(_THREADS))
        self.address = f"localhost:{self._server.add_insecure_port('127.0.0.1:0')}"
        beam_fn_api_pb2_grpc.add_BeamFnControlServicer_to_server(self, self._server)
        beam_fn_api_pb2_grpc.add_BeamFnLoggingServicer_to_server(self, self._server)
        beam_provision_api_pb2_grpc.add_ProvisionServiceServicer_to_server(self, self._server)

    def __enter__(self) -> "_Engine":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.stop(0)

    def Control(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        """Gives the worker nothing to do; the call lasts as long as the worker."""
        self.worker_came.set()
        self._stopped.wait()
        yield from ()

    def Logging(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        """Takes the worker's log and drops it."""
        for _ in requests:
            pass
        yield from ()

    def GetProvisionInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Answers Beam's program `boot`, which then starts the worker proper."""
        endpoint = endpoints_pb2.ApiServiceDescriptor(url=self.address)
        return beam_provision_api_pb2.GetProvisionInfoResponse(
            info=beam_provision_api_pb2.ProvisionInfo(
                control_endpoint=endpoint, logging_endpoint=endpoint, artifact_endpoint=endpoint
            )
        )
