"""The HTTP port: STOW-RS, health, metrics, and the page of the last studies.

POST /studies, /studies/STUDY     STOW-RS
GET  /healthz                     200 while every part works, for probes; needs no token
GET  /metrics                     Prometheus's text format
GET  /                            the page
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from serving.dicom.errors import DicomNodeError
from serving.dicom.metrics import NodeMetrics
from serving.dicom.page import page
from serving.dicom.receive.stow import StowService
from serving.dicom.spool.spool import Spool
from serving.protocol.bounded_http import bounded_config, listen
from serving.protocol.prometheus import CONTENT_TYPE

_CSS = Path(__file__).parent / "templates" / "studies.css"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class HttpSettings:
    """How the port listens.

    Attributes:
        host: address to listen on.
        port: 0 for any free one.
        token: that each request but /healthz has to show, as a bearer token or as the password of
            any user; None for none.
        hosts: names under which the port may be addressed; '*' is any. With a fixed list, a foreign
            site can't send a browser here under its own name (DNS rebinding).
        certificate: PEM file of a certificate (chain), for HTTPS; None for plain text.
        key: PEM file of its key.
    """

    host: str
    port: int
    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ("*",)
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Shown:
    """What the port tells about the node.

    Attributes:
        spool: of the node.
        metrics: of the node.
        model: its name.
        destination: of the results, in words.
        failing: returns the names of the parts that do not work.
    """

    spool: Spool
    metrics: NodeMetrics
    model: str
    destination: str
    failing: Callable[[], list[str]]


class HttpPort:
    """Listens from `start` to `stop`, on a thread of its own.

    Attributes:
        port: that it listens on.

    Raises:
        DicomNodeError: the port is taken.
    """

    def __init__(self, settings: HttpSettings, shown: Shown, stow: StowService) -> None:
        try:
            self._listener = listen(settings.host, settings.port)
        except (OSError, OverflowError) as error:
            raise DicomNodeError(
                f"Can't listen on port {settings.port} of {settings.host} ({error}). Choose "
                "another --http-port or --host."
            ) from error
        self.port = int(self._listener.getsockname()[1])
        config = bounded_config(
            _application(settings, shown, stow),
            lifespan="off",
            timeout_graceful_shutdown=10,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.key,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="http", daemon=True
        )

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)

    def stop(self) -> None:
        """Answers what is under way, and ends."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._listener.close()


def _application(settings: HttpSettings, shown: Shown, stow: StowService) -> Starlette:
    token = settings.token

    async def health(_: Request) -> Response:
        failing = shown.failing()
        status = 503 if failing else 200
        return Response(json.dumps({"failing": failing}), status, media_type="application/json")

    async def metrics(_: Request) -> Response:
        text = await run_in_threadpool(shown.metrics.text, shown.spool)
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

    async def studies(_: Request) -> Response:
        text = await run_in_threadpool(page, shown.spool, shown.model, shown.destination)
        return Response(text, media_type="text/html", headers=_HEADERS)

    async def css(_: Request) -> Response:
        return FileResponse(_CSS, media_type="text/css", headers=_HEADERS)

    def guarded(path: str, endpoint: Callable, methods: list[str]) -> Route:
        async def respond(request: Request) -> Response:
            if token is not None and not _knows(request, token):
                challenge = {"WWW-Authenticate": 'Basic realm="medtfx", charset="UTF-8"'}
                return Response("a token is needed", 401, challenge)
            return await endpoint(request)

        return Route(path, respond, methods=methods)

    return Starlette(
        routes=[
            Route("/healthz", health),
            guarded("/", studies, ["GET"]),
            guarded("/studies.css", css, ["GET"]),
            guarded("/metrics", metrics, ["GET"]),
            guarded("/studies", stow.store, ["POST"]),
            guarded("/studies/{study}", stow.store, ["POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts)],
    )


def _knows(request: Request, token: str) -> bool:
    """Whether a request shows the token: programs as bearer, browsers as a password."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            shown = base64.b64decode(shown).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(shown.strip().encode(), token.encode())
