"""A model server in a process of its own, for the time of a validation.

A model that crashes or hangs TensorFlow takes this process with it, not the node.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from components.serving_validator.unservable import UnservableError

_TAIL_BYTES = 20_000


TOKEN_VARIABLE = "MEDTFX_SERVING_TOKEN"


class ServerProcess:
    """Runs `python -m <module> <models> --parent-fd <socket>`; see `serving.embedded.__main__`.

    Attributes:
        token: that the server asks for, so that no other user of this machine can ask it.

    Args:
        module: import path of the server.
        models: folder `<model>/<version>/` that is served.
        folder: empty folder, for the process to work in and for its log.
    """

    def __init__(self, module: str, models: Path, folder: Path) -> None:
        self._log, self.token = folder / "server.log", secrets.token_urlsafe(32)
        self._ours, theirs = socket.socketpair()
        # The folder is empty, so that nothing there is imported by mistake; what can be imported
        # here can be imported there.
        paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        # One process holds the memory of a GPU, and that may be ours.
        environment = {
            **os.environ,
            "PYTHONPATH": paths,
            "CUDA_VISIBLE_DEVICES": "-1",
            TOKEN_VARIABLE: self.token,
        }
        with theirs, open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(models), "--parent-fd", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours to handle
            )

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._ours.close()

    def wait_until_ready(self, seconds: float) -> str:
        """Waits until the models are loaded, or can't be, and returns 'host:port'.

        Raises:
            UnservableError: the process ended, or took too long.
        """
        self._ours.settimeout(seconds)
        try:
            address = self._ours.recv(1024).decode().strip()
        except TimeoutError:
            raise UnservableError(
                f"the model server was not ready to answer within {seconds:g} s", conclusive=False
            ) from None
        if not address:
            ending = self.wait_for_end() or "the model server gave up"
            raise UnservableError(f"{ending} while it loaded the model", conclusive=False)
        return address

    def wait_for_end(self, seconds: float = 10.0) -> str | None:
        """Says how the process ended, or returns None if it goes on."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        if code >= 0:
            return f"the model server ended with exit code {code}"
        name = signal.Signals(-code).name
        blame = ", perhaps for want of memory," if name == "SIGKILL" else ""
        return f"the model server was ended by {name}{blame}"

    def log_tail(self) -> str:
        """Returns the end of what the process wrote."""
        with open(self._log, "rb") as file:
            file.seek(max(self._log.stat().st_size - _TAIL_BYTES, 0))
            return file.read().decode(errors="replace")
