"""uvicorn with bounds: connections, seconds for a header, and one length a request.

uvicorn counts connections, but never closes one that has not sent a whole header yet: a few hundred
of them would keep everybody else out.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]

CONNECTIONS = 128
HEADER_SECONDS = 10.0
_UNREAD_SECONDS = 10.0  # for what a client still sends after its response
_KEEP_ALIVE = 60  # seconds


def bounded_config(
    app: App,
    *,
    connections: int = CONNECTIONS,
    header_seconds: float = HEADER_SECONDS,
    **options: Any,
) -> uvicorn.Config:
    """Returns uvicorn's configuration of an ASGI application.

    Args:
        app: the application.
        connections: at the same time. One more closes the one that has been idle the longest;
            where all are at work, it is answered with 503.
        header_seconds: from the first byte of a request, or from the connection, to the end of
            its header.
        options: of `uvicorn.Config`.
    """
    return uvicorn.Config(
        refuse_ambiguous_length(app),
        http=type("Protocol", (BoundedProtocol,), {"header_seconds": header_seconds}),
        ws="none",
        limit_concurrency=connections + 1,  # uvicorn refuses the one that reaches the number
        timeout_keep_alive=_KEEP_ALIVE,
        # No access log: it would hold addresses. No warnings: one line for each broken request
        # is a way to fill a disk.
        log_level="error",
        log_config=None,
        access_log=False,
        server_header=False,
        **options,
    )


def listen(host: str, port: int) -> socket.socket:
    """Opens a port to listen on.

    Args:
        host: address; IPv6 with or without brackets.
        port: 0 for any free one.

    Raises:
        OSError, OverflowError: it can't be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host.strip("[]"), port), family=family)
    # Connections inherit it. uvicorn sends header and body in packets of their own, and Nagle's
    # algorithm would hold the second one back for 40 ms; asyncio does not know this one for TCP.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class HttpServer:
    """Answers with an ASGI application from `start` to `stop`, on a thread of its own.

    Attributes:
        port: that it listens on.

    Args:
        app: the application.
        host: address to listen on.
        port: 0 for any free one.
        options: of `bounded_config`.

    Raises:
        OSError, OverflowError: the port can't be listened on.
    """

    def __init__(self, app: App, host: str, port: int, **options: Any) -> None:
        self._listener = listen(host, port)
        self.port = int(self._listener.getsockname()[1])
        self._server = uvicorn.Server(bounded_config(app, lifespan="off", **options))
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="http", daemon=True
        )

    @property
    def is_busy(self) -> bool:
        """Whether a request is being answered."""
        return bool(self._server.server_state.tasks)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answers what is under way, and ends."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._listener.close()


class BoundedProtocol(H11Protocol):
    """uvicorn's own protocol of one connection, and the clocks that it lacks.

    Attributes:
        header_seconds: see `bounded_config`.
    """

    header_seconds = HEADER_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Closes the longest idle connection where this is one too many."""
        super().connection_made(transport)
        self._clock: asyncio.TimerHandle | None = None
        self.idle_since = time.monotonic()
        self._start_clock(self.header_seconds)
        limit = self.limit_concurrency
        if limit is not None and len(self.connections) >= limit:
            mine = (one for one in self.connections if isinstance(one, BoundedProtocol))
            others = [one for one in mine if one is not self and one.is_idle]
            if others:
                min(others, key=lambda one: one.idle_since).drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Starts the clock with the first byte of a header, and stops it at its end."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            if not self.is_idle:
                self._stop_clock()
        elif self._clock is None:
            self._start_clock(self.header_seconds)

    def on_response_complete(self) -> None:
        """Gives a client that is still sending its body some time to stop."""
        self.idle_since = time.monotonic()
        unread = self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if unread and not self.transport.is_closing():
            self._start_clock(_UNREAD_SECONDS)

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def drop(self) -> None:
        """Closes the connection at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _start_clock(self, seconds: float) -> None:
        self._stop_clock()
        self._clock = self.loop.call_later(seconds, self.drop)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def refuse_ambiguous_length(app: App) -> App:
    """Wraps an application: a request with two lengths gets 400.

    A proxy in front may believe the other one, and take the rest for another visitor's request
    (RFC 9112, 6.3).
    """

    async def wrapped(scope: Scope, receive: Any, send: Send) -> None:
        names = [name for name, _ in scope.get("headers", ())]
        if b"transfer-encoding" in names and b"content-length" in names:
            headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 400, "headers": headers})
            body = b"a request has one length: Content-Length or Transfer-Encoding, not both"
            await send({"type": "http.response.body", "body": body})
            return
        await app(scope, receive, send)

    return wrapped
