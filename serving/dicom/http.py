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
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

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
from serving.protocol.bounded_http import HttpServer
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


def open_port(settings: HttpSettings, shown: Shown, stow: StowService) -> HttpServer:
    """Opens the port; the server has to be started.

    Raises:
        DicomNodeError: the port is taken.
    """
    try:
        return HttpServer(
            _application(settings, shown, stow),
            settings.host,
            settings.port,
            timeout_graceful_shutdown=10,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.key,
        )
    except (OSError, OverflowError) as error:
        raise DicomNodeError(
            f"Can't listen on port {settings.port} of {settings.host} ({error}). Choose "
            "another --http-port or --host."
        ) from error


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
