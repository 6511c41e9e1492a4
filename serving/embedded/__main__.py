"""The embedded server as a child process of the program that starts it.

    MEDTFX_SERVING_TOKEN=... python -m serving.embedded MODELS --parent-fd 7

It listens on loopback and asks for the token. A person starts a server with `medtfx serve`.
"""

import argparse
import os
import signal
import socket
import sys
import threading
import time
import warnings
from pathlib import Path

from components.imaging.images import MAX_PIXELS
from components.runtime.imports import importing
from serving.protocol.errors import ServingError
from serving.protocol.token import token_from_environment

_GRACE = 10.0  # seconds for requests under way, once the parent is gone


def main() -> None:
    """Serves until SIGTERM, SIGINT or the end of the parent."""
    parser = argparse.ArgumentParser(prog="python -m serving.embedded", description=__doc__)
    parser.add_argument("models", type=Path, help="folder of pushed models")
    parser.add_argument("--port", type=int, default=0, help="gRPC port; by default any free one")
    parser.add_argument(
        "--max-pixels", type=int, default=MAX_PIXELS, help="of all images that are decoded at once"
    )
    parser.add_argument(
        "--parent-fd",
        type=int,
        help="a socket: 'host:port' and a line feed are written to it once the server answers, "
        "and the server ends when the other side closes it",
    )
    arguments = parser.parse_args()
    parent = None if arguments.parent_fd is None else socket.socket(fileno=arguments.parent_fd)
    ready = threading.Event()
    if parent is not None:
        # At once, not only when it answers: a model may hang while it is loaded.
        watch = threading.Thread(target=_end_with, args=[parent, ready], name="parent", daemon=True)
        watch.start()
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    with importing():
        from serving.embedded.image_bounds import ImageBounds
        from serving.embedded.server import OWN_MESSAGE, EmbeddedServer, Settings, serve

    def report(server: EmbeddedServer) -> None:
        ready.set()
        if parent is not None:
            parent.sendall(f"{server.address}\n".encode())

    settings = Settings(
        grpc_port=arguments.port,
        rest_port=None,
        images=ImageBounds(pixels=arguments.max_pixels),
        max_message=OWN_MESSAGE,
        grace=_GRACE,
        token=token_from_environment(),
    )
    try:
        serve(arguments.models, settings, report)
    except ServingError as error:
        sys.exit(f"Error: {error}")


def _end_with(parent: socket.socket, ready: threading.Event) -> None:
    """Waits for the end of the parent, then answers what is under way, if that is possible."""
    parent.recv(1)
    if ready.is_set():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE + 1)
    os._exit(1)


if __name__ == "__main__":
    main()
