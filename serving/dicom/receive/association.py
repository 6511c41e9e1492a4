"""pynetdicom's server with bounds: connections, bytes of a PDU, seconds for it.

pynetdicom counts associations when they are negotiated; believes any length of a PDU, up to 4 GiB;
and waits for a TLS handshake in the thread that takes connections.
"""

from __future__ import annotations

import logging
import socket
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

log = logging.getLogger(__name__)

MAX_PDU = 256 * 1024
"""Bytes of a PDU that is announced to others, as what they may send."""

_CHUNK = 64 * 1024
_UNASSOCIATED = 8  # connections beside the associations: they are told that there are too many


@dataclass(frozen=True)
class Limits:
    """What is refused.

    Attributes:
        associations: at the same time.
        object_bytes: of one object.
        seconds: for a PDU, and for a response.
        idle_seconds: without any message, after which an association is ended.
    """

    associations: int = 16
    object_bytes: int = 512 * 2**20
    seconds: float = 60.0
    idle_seconds: float = 60.0


class BoundedServer(ThreadedAssociationServer):
    """pynetdicom's own, with bounds on what nobody has been asked about yet."""

    daemon_threads = True
    pdu_seconds = 60.0

    def __init__(self, *args: Any, **options: Any) -> None:
        options["request_handler"] = _Handler
        super().__init__(*args, **options)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Takes a connection; TLS shakes hands when the first PDU is read, by another thread."""
        connection, address = self.socket.accept()  # type: ignore[union-attr]
        connection.settimeout(self.pdu_seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.ssl_context:
            connection = self.ssl_context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Closes a connection that is far too many."""
        if len(self.active_associations) < self.ae.maximum_associations + _UNASSOCIATED:
            return True
        log.warning("too many connections: one of %s is closed", client_address[0])
        return False


class _Handler(RequestHandler):
    def _create_association(self) -> Association:
        association = super()._create_association()
        connection: Any = association.dul.socket
        seconds = self.server.pdu_seconds  # type: ignore[attr-defined]
        connection.recv = partial(_read, connection, seconds)
        return association


def _read(connection: AssociationSocket, seconds: float, count: int) -> bytearray:
    """Reads so many bytes, fewer where the connection ends; as `AssociationSocket.recv`.

    Raises:
        OSError: it takes too long, or they are too many; pynetdicom then ends the connection.
    """
    if count > MAX_PDU + 64 * 1024:  # the items of an association request beside
        raise OSError(f"a PDU has at most {MAX_PDU} bytes, and this one says {count}")
    found, end = bytearray(), time.monotonic() + seconds
    while len(found) < count:
        if time.monotonic() > end:
            raise TimeoutError(f"a PDU arrives within {seconds:g} s")
        part = connection.socket.recv(min(count - len(found), _CHUNK))  # type: ignore[union-attr]
        if not part:
            break
        found += part
    return found


def wait_for_end(server: BoundedServer, seconds: float) -> None:
    """Waits until the associations under way have ended, and aborts the rest."""
    end = time.monotonic() + seconds
    while server.active_associations and time.monotonic() < end:
        time.sleep(0.05)
    for one in server.active_associations:
        one.abort()
