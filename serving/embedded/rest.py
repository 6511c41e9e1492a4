"""The REST port: predict, status, metadata and metrics, under TensorFlow Serving's paths.

POST /v1/models/NAME[/versions/N | /labels/LABEL]:predict
GET  /v1/models/NAME[/versions/N | /labels/LABEL][/metadata]
GET  /monitoring/prometheus/metrics
"""

import json
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from google.protobuf import json_format

from serving.embedded.answers import Answers
from serving.embedded.metrics import CONTENT_TYPE
from serving.embedded.refused import Refused
from serving.embedded.rest_json import read_request, write_answer
from serving.tensorflow_free import POOL, get_model_metadata_pb2, get_model_status_pb2

METRICS_PATH = "/monitoring/prometheus/metrics"

_MODEL = r"(?i)/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?"
_PREDICT = re.compile(_MODEL + ":predict")
_ABOUT = re.compile(_MODEL + "(/metadata)?")
_IDLE = 60  # seconds; then a connection that says nothing is closed

_HTTP = {
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    grpc.StatusCode.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}


class RestServer:
    """An HTTP server around the answers.

    Attributes:
        port: that it listens on.

    Args:
        answers: what is answered.
        host: address to listen on.
        port: 0 for any free one.
        max_body: bytes of a request, at most.

    Raises:
        OSError: the port is not to be had.
    """

    def __init__(self, answers: Answers, host: str, port: int, max_body: int) -> None:
        self._busy = _Busy()
        given = {"answers": answers, "busy": self._busy, "max_body": max_body}
        handler = type("Handler", (_Handler,), given)
        self._server = _Server((host, port), handler)
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
    daemon_threads = True  # idle connections must not keep the process alive
    request_queue_size = 128


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
    answers: Answers
    busy: _Busy
    max_body: int

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "medtfx", ""
    timeout = _IDLE
    # Unbuffered, headers and body leave in packets of their own, and Nagle's algorithm holds the
    # second one back for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

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
            self._reply(HTTPStatus.OK, json.dumps(answer(), indent=4))
        except Refused as refused:
            status = _HTTP.get(refused.code, HTTPStatus.INTERNAL_SERVER_ERROR)
            self._reply(status, json.dumps({"error": refused.message}))

    def _reply(self, status: HTTPStatus, text: str, kind: str = "application/json") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
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
        with self.answers.manager.lent(spec) as model:
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
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "a POST needs a Content-Length")
        if int(length) > self.max_body:
            self.close_connection = True
            raise Refused(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"a request has at most {self.max_body} bytes, not {length}; send fewer images",
            )
        return self.rfile.read(int(length))

    def _malformed(self) -> Refused:
        return Refused(
            grpc.StatusCode.INVALID_ARGUMENT, f"Malformed request: {self.command} {self.path}"
        )


def _fill(spec: Any, found: re.Match[str]) -> None:
    spec.name = found[1]
    if found[2]:
        if int(found[2]) >= 2**63:
            raise Refused(
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
