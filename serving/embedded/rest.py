"""The REST port: predict, status, metadata and metrics, under TensorFlow Serving's paths.

POST /v1/models/NAME[/versions/N | /labels/LABEL]:predict
GET  /v1/models/NAME[/versions/N | /labels/LABEL][/metadata]
GET  /monitoring/prometheus/metrics
"""

import json
import logging
import re
import socket
import ssl
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from google.protobuf import json_format

from serving.embedded.metrics import CONTENT_TYPE
from serving.embedded.predict_handlers import PredictHandlers
from serving.embedded.rest_json import read_request, write_answer
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import POOL, get_model_metadata_pb2, get_model_status_pb2

log = logging.getLogger(__name__)

METRICS_PATH = "/monitoring/prometheus/metrics"

_MODEL = r"(?i)/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?"
_PREDICT = re.compile(_MODEL + ":predict")
_ABOUT = re.compile(_MODEL + "(/metadata)?")
_IDLE = 60  # seconds; then a connection that says nothing is closed
_TOLD, _LATE_IDLE = 16, 2  # connections beyond the bound that are told so, and their seconds
_LINGER, _CHUNK = 2.0, 65536  # seconds and bytes for what a client still sends after its answer

_HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}


@dataclass(frozen=True)
class Limits:
    """What is turned away.

    Attributes:
        body: bytes of a request, at most.
        connections: at the same time, a thread each. A few more get a 503, then none is taken.
    """

    body: int
    connections: int


class RestServer:
    """An HTTP server around the answers.

    Attributes:
        port: that it listens on.

    Args:
        answers: what is answered.
        host: address to listen on.
        port: 0 for any free one.
        limits: what is turned away.
        tls: how connections are encrypted; None for plain text.

    Raises:
        OSError: the port is not to be had.
    """

    def __init__(
        self,
        answers: PredictHandlers,
        host: str,
        port: int,
        limits: Limits,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._busy = _Busy()
        given = {"answers": answers, "busy": self._busy, "limits": limits}
        handler = type("Handler", (_Handler,), given)
        self._server = _Server((host, port), handler, limits.connections, tls)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="rest", daemon=True
        )

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self, grace: float) -> None:
        """Takes no more requests, and waits up to `grace` seconds for those under way."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self._busy.wait(grace)


class _Server(ThreadingHTTPServer):
    """A thread for each connection, and a bound to their number.

    Attributes:
        late: connections beyond the bound: they are told so, and closed.
    """

    daemon_threads = True  # idle connections must not keep the process alive
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: Any, most: int, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(address, handler)
        self.most, self._tls = most, tls
        self.late: set[socket.socket] = set()
        self._open = 0
        self._lock = threading.Lock()  # of the two above

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls is not None:  # the handshake is the thread's: here it would hold up the others
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open += 1
            beyond = self._open - self.most
            if beyond > 0:
                self.late.add(request)
        if beyond > _TOLD:
            self.close_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Ends a connection so that the last answer arrives.

        Were it closed while the client still sends, the system would drop the answer too.
        """
        end = time.monotonic() + _LINGER
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(_LINGER)
            while time.monotonic() < end and request.recv(_CHUNK):
                pass
        self.close_request(request)

    def close_request(self, request: Any) -> None:
        with self._lock:
            self._open -= 1
            self.late.discard(request)
        super().close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is its own affair; anything else is a defect."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log.error("a REST request from %s failed", client_address, exc_info=error)


class _Busy:
    """Counts the requests under way."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Waits until there are none, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._count, seconds)


class _Handler(BaseHTTPRequestHandler):
    answers: PredictHandlers
    busy: _Busy
    limits: Limits
    server: _Server

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "medtfx", ""
    timeout = _IDLE
    # Unbuffered, headers and body leave in packets of their own, and Nagle's algorithm holds the
    # second one back for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        self.is_late = self.request in self.server.late
        super().setup()
        if self.is_late:
            self.connection.settimeout(_LATE_IDLE)

    def do_GET(self) -> None:
        with self.busy:
            if self.path == METRICS_PATH:
                self._reply(HTTPStatus.OK, self.answers.metrics.text(), CONTENT_TYPE)
            else:
                self._answer(self._about)

    def do_POST(self) -> None:
        with self.busy:
            self._answer(self._predict)

    def log_message(self, *_: object) -> None:
        """Says nothing: the metrics count requests."""

    def _answer(self, answer: Any) -> None:
        try:
            self._check_room()
            self._reply(HTTPStatus.OK, json.dumps(answer(), indent=4))
        except StatusError as refused:
            status = _HTTP.get(refused.code, HTTPStatus.INTERNAL_SERVER_ERROR)
            self._reply(status, json.dumps({"error": refused.message}))

    def _check_room(self) -> None:
        if self.is_late:
            self.close_connection = True
            raise StatusError(
                grpc.StatusCode.UNAVAILABLE,
                f"{self.server.most} connections are open, and more are not taken; close some, or "
                "try again in a moment",
            )

    def _reply(self, status: HTTPStatus, text: str, kind: str = "application/json") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "1")
        if self.close_connection or self.is_late:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _predict(self) -> dict[str, Any]:
        body = self._body()
        found = _PREDICT.fullmatch(self.path)
        if not found:
            raise self._malformed()
        spec = get_model_status_pb2.GetModelStatusRequest().model_spec
        _fill(spec, found)
        with self.answers.manager.acquire(spec) as model:
            request, by_row = read_request(body, model.signatures)
        request.model_spec.MergeFrom(spec)
        return write_answer(self.answers.predict(request, "REST"), by_row)

    def _about(self) -> dict[str, Any]:
        found = _ABOUT.fullmatch(self.path)
        if not found:
            raise self._malformed()
        if not found[4]:
            request = get_model_status_pb2.GetModelStatusRequest()
            _fill(request.model_spec, found)
            return _plain(self.answers.status(request))
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        _fill(request.model_spec, found)
        return _plain(self.answers.metadata(request))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        # A body that is not read would be taken for the next request of the connection.
        if not length.isdecimal():
            self.close_connection = True
            raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, "a POST needs a Content-Length")
        if int(length) > self.limits.body:
            self.close_connection = True
            raise StatusError(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"a request has at most {self.limits.body} bytes, not {length}; send fewer images",
            )
        return self.rfile.read(int(length))

    def _malformed(self) -> StatusError:
        return StatusError(
            grpc.StatusCode.INVALID_ARGUMENT, f"Malformed request: {self.command} {self.path}"
        )


def _fill(spec: Any, found: re.Match[str]) -> None:
    spec.name = found[1]
    if found[2]:
        if int(found[2]) >= 2**63:
            raise StatusError(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"Failed to convert version: {found[2]} to numeric.",
            )
        spec.version.value = int(found[2])
    elif found[3]:
        spec.version_label = found[3]


def _plain(message: Any) -> dict[str, Any]:
    """Returns a message as an object for JSON, fields at their default included."""
    options: dict[str, Any] = {"preserving_proto_field_name": True, "descriptor_pool": POOL}
    try:
        return json_format.MessageToDict(
            message, always_print_fields_with_no_presence=True, **options
        )
    except TypeError:  # protobuf 3 and 4 call it otherwise
        return json_format.MessageToDict(message, including_default_value_fields=True, **options)
