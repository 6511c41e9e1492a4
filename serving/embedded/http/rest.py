"""The REST port: predict, status, metadata and metrics, under TensorFlow Serving's paths.

POST /v1/models/NAME[/versions/N | /labels/LABEL]:predict
GET  /v1/models/NAME[/versions/N | /labels/LABEL][/metadata]
GET  /monitoring/prometheus/metrics
"""

import asyncio
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import anyio
import grpc
from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from serving.embedded.access import Access
from serving.embedded.http.rest_json import read_request, write_response
from serving.embedded.predict_handlers import PredictHandlers
from serving.embedded.status_error import StatusError
from serving.protocol.bounded_http import HttpServer
from serving.protocol.byte_budget import BusyError, ByteBudget
from serving.protocol.prometheus import CONTENT_TYPE
from serving.protocol.tensorflow_free import POOL, get_model_metadata_pb2, get_model_status_pb2

METRICS_PATH = "/monitoring/prometheus/metrics"

_MODEL = r"(?i)/v1/models/([^/:]+)(?:/versions/([0-9]+)|/labels/([^/:]+))?"
_PREDICT = re.compile(_MODEL + ":predict")
_ABOUT = re.compile(_MODEL + "(/metadata)?")
_LOOK_SECONDS = 0.05

_HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}
_HEADERS = {
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
}


@dataclass(frozen=True)
class Limits:
    """What is refused.

    Attributes:
        body: bytes of a request, at most.
        connections: at the same time; see `bounded_config`.
        threads: requests that are run at the same time; others wait, with their body in memory.
        header_seconds: until the header of a request has to be complete.
        body_seconds: until its body has to be complete.
    """

    body: int
    connections: int
    threads: int
    header_seconds: float = 10.0
    body_seconds: float = 120.0


class RestServer:
    """An HTTP server around the handlers, which run on a pool of threads.

    Attributes:
        port: that it listens on.

    Args:
        handlers: answer the requests.
        access: who may ask.
        budget: of the bytes of all bodies in memory; a request beyond gets 503.
        host: address to listen on.
        port: 0 for any free one.
        limits: what is refused.
        certificate: PEM file of a certificate (chain), for HTTPS; None for plain text.
        key: PEM file of its key.

    Raises:
        OSError: the port can't be listened on.
    """

    def __init__(
        self,
        handlers: PredictHandlers,
        access: Access,
        budget: ByteBudget,
        host: str,
        port: int,
        limits: Limits,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        self._handlers, self._access, self._limits = handlers, access, limits
        self._budget, self._draining = budget, False
        self._server = HttpServer(
            Starlette(routes=[Route("/{path:path}", self._respond, methods=["GET", "POST"])]),
            host,
            port,
            connections=limits.connections,
            header_seconds=limits.header_seconds,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        self.port = self._server.port
        self._pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="rest")

    def start(self) -> None:
        """Begins to answer."""
        self._server.start()

    def drain(self) -> None:
        """From now on, new requests get 503; those under way are answered."""
        self._draining = True

    def stop(self, grace: float) -> None:
        """Drains, waits up to `grace` seconds for the requests under way, and ends."""
        self.drain()
        end = time.monotonic() + grace
        while self._server.is_busy and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
        self._server.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _respond(self, request: Request) -> Response:
        try:
            self._check_open(request)
            if request.method == "POST":
                return await self._read_and_predict(request)
            if request.scope["path"] == METRICS_PATH:
                text = await self._run(self._handlers.metrics.text)
                return Response(text, headers={"Content-Type": CONTENT_TYPE})
            return _json(await self._run(lambda: _as_text(self._about(request))))
        except StatusError as error:
            status = _HTTP.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
            return _json(json.dumps({"error": error.message}), status)

    async def _run(self, make: Callable[[], str]) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._pool, make)

    async def _read_and_predict(self, request: Request) -> Response:
        """Holds no thread before the body is complete."""
        length = request.headers.get("content-length", "0")
        self._check_length(int(length) if len(length) < 20 else 10**20)
        body = bytearray()
        try:
            with self._budget.hold() as count:
                with anyio.fail_after(self._limits.body_seconds):
                    async for chunk in request.stream():
                        self._check_length(len(body) + len(chunk))
                        count(len(chunk))
                        body += chunk
                return _json(await self._run(lambda: _as_text(self._predict(request, body))))
        except BusyError as error:
            raise StatusError(grpc.StatusCode.UNAVAILABLE, str(error)) from error
        except TimeoutError:
            late = f"a request arrives within {self._limits.body_seconds:g} s"
            return _json(json.dumps({"error": late}), HTTPStatus.REQUEST_TIMEOUT)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it

    def _check_open(self, request: Request) -> None:
        if self._draining:
            raise StatusError(grpc.StatusCode.UNAVAILABLE, "the server is shutting down")
        self._access.check(request.headers.get("authorization"))

    def _check_length(self, length: int) -> None:
        if length > self._limits.body:
            raise StatusError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"a request has at most {self._limits.body} bytes, not {length}; send fewer images",
            )

    def _predict(self, request: Request, body: bytearray) -> dict[str, Any]:
        found = _PREDICT.fullmatch(request.scope["path"])
        if not found:
            raise _malformed(request)
        spec = get_model_status_pb2.GetModelStatusRequest().model_spec
        _fill(spec, found)
        with self._handlers.manager.acquire(spec) as model:
            message, by_row = read_request(body, model.signatures)
        message.model_spec.MergeFrom(spec)
        return write_response(self._handlers.predict(message, "REST"), by_row)

    def _about(self, request: Request) -> dict[str, Any]:
        found = _ABOUT.fullmatch(request.scope["path"])
        if not found:
            raise _malformed(request)
        if not found[4]:
            message = get_model_status_pb2.GetModelStatusRequest()
            _fill(message.model_spec, found)
            return _as_object(self._handlers.status(message))
        message = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        _fill(message.model_spec, found)
        return _as_object(self._handlers.metadata(message))


def _as_text(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=4)


def _json(text: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    headers = {"Content-Type": "application/json", **_HEADERS.get(status, {})}
    return Response(text, status, headers)


def _malformed(request: Request) -> StatusError:
    return StatusError(
        grpc.StatusCode.INVALID_ARGUMENT,
        f"Malformed request: {request.method} {request.scope['path']}",
    )


def _fill(spec: Any, found: re.Match[str]) -> None:
    spec.name = found[1]
    if found[2]:
        if len(found[2]) > 19 or int(found[2]) >= 2**63:
            raise StatusError(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"Failed to convert version: {found[2]} to numeric.",
            )
        spec.version.value = int(found[2])
    elif found[3]:
        spec.version_label = found[3]


def _as_object(message: Any) -> dict[str, Any]:
    """Returns a message as an object for JSON, fields at their default included."""
    options: dict[str, Any] = {"preserving_proto_field_name": True, "descriptor_pool": POOL}
    try:
        return json_format.MessageToDict(
            message, always_print_fields_with_no_presence=True, **options
        )
    except TypeError:  # protobuf 3 and 4 call it otherwise
        return json_format.MessageToDict(message, including_default_value_fields=True, **options)
