"""The embedded server as a child process: TensorFlow starts and lives there, not in the page.

The child ends with its parent, also with one that was killed; see `serving.embedded.__main__`.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from components.imaging.images import MAX_PIXELS
from components.runtime.environment import SERVING_TOKEN
from serving.protocol.token import new_token

log = logging.getLogger(__name__)

_COMMAND = [sys.executable, "-m", "serving.embedded"]
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a child that died is replaced
_GRACE = 15.0  # seconds that a child has to answer what is under way


class EmbeddedChild:
    """Serves a folder of pushed models, and replaces the child if it dies.

        with EmbeddedChild(home.models) as child:
            create_app(Settings("quickstart", child.address, ..., server_token=child.token))

    Attributes:
        token: that the child asks for, so that no other user of this machine can ask it.

    Args:
        models: folder of pushed models, `<models>/<name>/<version>/`.
        max_pixels: of all images that it decodes at once.
    """

    def __init__(self, models: Path, max_pixels: int = MAX_PIXELS) -> None:
        self._models, self.token = models.absolute(), new_token()
        self._max_pixels = max_pixels
        self._address: str | None = None
        self._stopping = threading.Event()
        self._spawn()
        self._thread = threading.Thread(target=self._keep_up, name="model server", daemon=True)

    def __enter__(self) -> EmbeddedChild:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._let_go()
        self._thread.join(_GRACE)
        self._process.kill()  # does nothing to one that has ended
        self._thread.join()

    def address(self) -> str | None:
        """Returns 'host:port' of the gRPC port, or None while the server starts."""
        return self._address

    def _keep_up(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            answered = self._watch()
            pause = _FIRST_PAUSE if answered else min(2 * pause, _LONGEST_PAUSE)
            if self._stopping.is_set():
                return
            log.warning("the model server ended; another one starts in %g s", pause)
            if self._stopping.wait(pause):
                return
            self._spawn()
            if self._stopping.is_set():  # while it was being started
                self._let_go()

    def _spawn(self) -> None:
        self._ours, theirs = socket.socketpair()
        command = [*_COMMAND, str(self._models), "--max-pixels", str(self._max_pixels)]
        with theirs:
            self._process = subprocess.Popen(
                [*command, "--parent-fd", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # `-m` looks into the current folder first: there our own packages have to lie.
                cwd=Path(__file__).parents[2],
                env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, SERVING_TOKEN.name: self.token},
                start_new_session=True,  # Ctrl-C is for the parent, who then stops the child
            )

    def _watch(self) -> bool:
        """Learns the address and waits for the end; returns whether the server ever answered."""
        with self._ours as line:
            address = line.recv(1024).decode().strip()
            self._address = address or None
            self._process.wait()
        self._address = None
        return bool(address)

    def _let_go(self) -> None:
        """Ends our side of the connection, which the child takes as its parent's end."""
        with suppress(OSError):  # the child has ended, and the line is closed
            self._ours.shutdown(socket.SHUT_WR)
