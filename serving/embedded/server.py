"""The embedded server: models, gRPC port and REST port, started and stopped as one."""

import logging
import signal
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import grpc

from serving.embedded.access import Access, check_exposure
from serving.embedded.grpc_service import Services
from serving.embedded.health import Health
from serving.embedded.http.rest import Limits, RestServer
from serving.embedded.image_bounds import DEFAULT_BOUNDS, ImageBounds
from serving.embedded.metrics import Metrics
from serving.embedded.models.config import config_of_file, config_of_folder
from serving.embedded.models.manager import MAX_ROWS, Manager
from serving.embedded.predict_handlers import PredictHandlers
from serving.embedded.receiving import Receiver
from serving.embedded.request_logging import RequestLogging
from serving.embedded.status_error import StatusError
from serving.promotion.models_config import FILE_NAME
from serving.protocol.addresses import in_brackets
from serving.protocol.bounded_http import CONNECTIONS
from serving.protocol.byte_budget import ByteBudget
from serving.protocol.errors import ServingError
from serving.protocol.tls import load_pair

log = logging.getLogger(__name__)

_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),  # two servers on one port would share its requests by chance
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.max_connection_idle_ms", 60_000),  # clients connect again by themselves
]
# Messages that arrive at the same time, and calls for each thread that may wait for one.
_ARRIVING, _CALLS = 16, 8
_BODY_SECONDS, _HURRIED_SECONDS = 120.0, 2.0
_LOOK_SECONDS = 0.1
# Of a server that only the process that started it can ask, and that bounds what it sends.
OWN_MESSAGE = 512 * 2**20


@dataclass(frozen=True)
class Settings:
    """How to serve.

    Attributes:
        host: address to listen on. Nobody else can reach the default; any other needs a
            certificate and a token.
        grpc_port: 0 for any free one.
        rest_port: 0 for any free one, None for no REST.
        models_config: TensorFlow Serving's `models.config`, instead of all models of the folder. A
            change of the file is followed at the next poll.
        poll_seconds: between two looks at the folders.
        max_batch: images that are run together, of several requests or one; 0 runs each request as
            it is. On a CPU, more than the default takes more memory and no less time.
        max_message: bytes of a request, at most; those in memory have twice as many together.
        images: how many images and pixels a request may hold.
        threads: requests that are run at the same time, for each port.
        connections: to each port at the same time.
        grace: seconds for running requests when the server stops.
        certificate: PEM file of a certificate (chain); with it, both ports speak TLS alone.
        key: PEM file of its key.
        token: that each request has to show; None lets everybody in who can reach the host.
        reload_token: that a request for another configuration has to show; None refuses them all.
        request_log: folder or s3:// address of the request log, or None.
        insecure: listen beyond loopback without TLS or a token, as behind a proxy that has both.
    """

    host: str = "127.0.0.1"
    grpc_port: int = 8500
    rest_port: int | None = 8501
    models_config: Path | None = None
    poll_seconds: float = 1.0
    max_batch: int = MAX_ROWS
    max_message: int = 64 * 2**20
    images: ImageBounds = DEFAULT_BOUNDS
    threads: int = 64
    connections: int = CONNECTIONS
    grace: float = 30.0
    certificate: Path | None = None
    key: Path | None = None
    token: str | None = field(default=None, repr=False)
    reload_token: str | None = field(default=None, repr=False)
    request_log: Path | str | None = None
    insecure: bool = False

    def check(self) -> None:
        """Checks what can be checked before anything starts.

        Raises:
            ServingError: the files are not a certificate and its key, a token is of no use, or
                others could reach a server that does not protect itself.
        """
        self.access.check_tokens()
        encrypted = self.certificate is not None or self.key is not None
        if encrypted:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            load_pair(context, self.certificate, self.key, "A server with TLS")
        check_exposure(self.host, encrypted, self.token, self.insecure)

    @property
    def access(self) -> Access:
        """Who may ask."""
        return Access(self.token, self.reload_token)

    def grpc_credentials(self) -> grpc.ServerCredentials | None:
        """Returns the certificate as gRPC wants it, or None for plain text."""
        if self.certificate is None or self.key is None:
            return None
        return grpc.ssl_server_credentials([(self.key.read_bytes(), self.certificate.read_bytes())])


class EmbeddedServer:
    """Serves a folder of pushed models: `<base>/<model>/<version>/`.

        with EmbeddedServer(Path("models"), Settings(grpc_port=0)) as server:
            client = Client(server.address, model="covid19-radiography")

    Attributes:
        address: 'host:port' of gRPC.
        grpc_port: that it listens on.
        rest_port: that it listens on, or None.
        manager: the models.

    Args:
        base: the folder. Models that are pushed later are found.
        settings: how to serve.

    Raises:
        ServingError: there is no such folder, a port is taken, or the configuration or the
            certificate is not valid.
        RequestLogError: the request log can't be written.
    """

    def __init__(self, base: Path, settings: Settings | None = None) -> None:
        self._settings = settings = settings or Settings()
        settings.check()
        self._labels_file = settings.models_config or base / FILE_NAME
        metrics, self._health = Metrics(), Health()
        self.manager = Manager(
            _config_reader(base, settings),
            settings.poll_seconds,
            settings.max_batch,
            base,
            given=settings.models_config is not None,
        )
        self._log = RequestLogging(settings.request_log) if settings.request_log else None
        handlers = PredictHandlers(self.manager, metrics, settings.images, self._log)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="grpc")
        # Whoever has shown the token may take their time, as over a slow network.
        patience = _BODY_SECONDS if settings.token else _HURRIED_SECONDS
        self._receiver = Receiver(_ARRIVING, _BODY_SECONDS, patience)
        budget = ByteBudget(2 * settings.max_message)
        self._server = grpc.server(
            self._pool,
            handlers=[Services(handlers, self._health, settings.access, self._receiver, budget)],
            options=[
                *_OPTIONS,
                ("grpc.max_receive_message_length", settings.max_message),
                ("grpc.max_allowed_incoming_connections", settings.connections),
            ],
            maximum_concurrent_rpcs=_CALLS * settings.threads,
        )
        # Ports are taken before models load: that one is in use is reported at once.
        self.grpc_port = _take_grpc_port(self._server, settings)
        self._rest = _take_rest_port(handlers, budget, settings)
        self.rest_port = self._rest.port if self._rest else None
        self.address = f"{in_brackets(settings.host)}:{self.grpc_port}"

    def __enter__(self) -> "EmbeddedServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Loads the models, then begins to answer.

        Raises:
            ServingError: a label names a version that can't be loaded.
        """
        try:
            self.manager.start()
        except StatusError as refused:
            self.stop()
            raise ServingError(
                f"{refused.message}. Correct version_labels in {self._labels_file}, or push that "
                "version."
            ) from refused
        self._server.start()
        self._receiver.start()
        if self._rest:
            self._rest.start()
        self._health.serving = True

    def stop(self) -> None:
        """Takes no more requests, finishes the running ones, and frees the models."""
        self._health.serving = False
        if self._rest:
            self._rest.drain()
        stopped = self._server.stop(self._settings.grace)
        if self._rest:
            self._rest.stop(self._settings.grace)
        stopped.wait()
        self._receiver.stop()
        self._pool.shutdown()
        self.manager.stop()
        if self._log:
            self._log.close()


def serve(
    base: Path,
    settings: Settings | None = None,
    when_ready: Callable[[EmbeddedServer], None] | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT, then finishes the running requests and returns.

    It handles these signals itself, so it has to be called in the main thread.

    Args:
        base: folder of the models.
        settings: how to serve.
        when_ready: called once the server can be asked, to report its address.

    Raises:
        ServingError: see `EmbeddedServer`.
    """
    # On each load TensorFlow warns that TF-1-style loading is deprecated; here it is the point.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    asked: list[int] = []

    def handle(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = {one: signal.signal(one, handle) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        with EmbeddedServer(base, settings) as server:
            if when_ready:
                when_ready(server)
            # Looking, not waiting on a lock: the system may hand the signal to a thread of
            # TensorFlow, and Python then runs the handler when its main thread wakes up next.
            while not asked:
                time.sleep(_LOOK_SECONDS)
            log.info("signal %d: answering the requests under way, then going down", asked[0])
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _config_reader(base: Path, settings: Settings) -> Callable[[], Any]:
    if settings.models_config is not None:
        file = settings.models_config
        config_of_file(file)  # what is wrong with it is reported at once
        return lambda: config_of_file(file)
    if not base.is_dir():
        raise ServingError(
            f"Models are served from the folder they were pushed to, but there is no folder "
            f"{base}. Push one with `medtfx run`, or name another folder."
        )
    return lambda: config_of_folder(base)


def _take_grpc_port(server: grpc.Server, settings: Settings) -> int:
    credentials = settings.grpc_credentials()
    address = f"{in_brackets(settings.host)}:{settings.grpc_port}"
    try:
        if credentials:
            return server.add_secure_port(address, credentials)
        return server.add_insecure_port(address)
    except RuntimeError as error:
        raise _taken("gRPC", settings.host, settings.grpc_port) from error


def _take_rest_port(
    handlers: PredictHandlers, budget: ByteBudget, settings: Settings
) -> RestServer | None:
    if settings.rest_port is None:
        return None
    limits = Limits(
        body=settings.max_message,
        connections=settings.connections,
        threads=settings.threads,
        body_seconds=_BODY_SECONDS,
    )
    pair = settings.certificate, settings.key
    try:
        return RestServer(
            handlers, settings.access, budget, settings.host, settings.rest_port, limits, *pair
        )
    except OSError as error:
        raise _taken("REST", settings.host, settings.rest_port) from error


def _taken(kind: str, host: str, port: int) -> ServingError:
    return ServingError(
        f"The {kind} port {port} of {host} can't be listened on: another program has it, or the "
        "address is not one of this machine. Choose another port (0: any free one) or host."
    )
