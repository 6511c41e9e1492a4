"""The embedded server as a process of its own, for a program that starts it.

    python -m serving.embedded MODELS --parent-fd 7

A person starts it with `medtfx serve`, which says more.
"""

import argparse
import os
import socket
import sys
import threading
from pathlib import Path

from serving.protocol.errors import ServingError


def main() -> None:
    """Serves until SIGTERM, SIGINT or the end of the parent."""
    parser = argparse.ArgumentParser(prog="python -m serving.embedded", description=__doc__)
    parser.add_argument("models", type=Path, help="folder of pushed models")
    parser.add_argument("--port", type=int, default=0, help="gRPC port; by default any free one")
    parser.add_argument(
        "--parent-fd",
        type=int,
        help="a socket: 'host:port' and a line feed are written to it once the server answers, "
        "and the server ends when the other side closes it",
    )
    arguments = parser.parse_args()
    parent = None if arguments.parent_fd is None else socket.socket(fileno=arguments.parent_fd)
    if parent is not None:
        # At once, not only when it answers: a model may hang while it is loaded.
        threading.Thread(target=_end_with, args=[parent], name="parent", daemon=True).start()
    from serving.embedded.server import EmbeddedServer, Settings, serve

    def tell(server: EmbeddedServer) -> None:
        if parent is not None:
            parent.sendall(f"{server.address}\n".encode())

    try:
        serve(arguments.models, Settings(grpc_port=arguments.port, rest_port=None), tell)
    except ServingError as error:
        sys.exit(str(error))


def _end_with(parent: socket.socket) -> None:
    """Waits for the end of the parent; nobody is left then to be answered."""
    parent.recv(1)
    os._exit(1)


if __name__ == "__main__":
    main()
