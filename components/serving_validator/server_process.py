"""A model server in another process, for the duration of a validation.

A model that crashes TensorFlow, or never ends, ends this process and not the node.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

from components.runtime.environment import SERVING_TOKEN, VERIFICATION_KEY
from components.serving_validator.unservable import UnservableError

_TAIL_BYTES = 20_000
# Images come from the Examples alone, and ImageExampleGen has bounded each of them.
_UNBOUNDED = ("--max-pixels", str(10**12))


class ServerProcess:
    """Runs `python -m <module> <models> --parent-fd <socket>`; see `serving.embedded.__main__`.

    Attributes:
        token: that the server asks for, so that no other user of this machine can ask it.

    Args:
        module: import path of the server.
        models: folder with `<model>/<version>/`.
        folder: empty folder: the working directory of the process, and for its log.
    """

    def __init__(self, module: str, models: Path, folder: Path) -> None:
        self._log, self.token = folder / "server.log", secrets.token_urlsafe(32)
        self._ours, theirs = socket.socketpair()
        # The folder is empty, so that nothing in it is imported by mistake; all else is imported
        # from the same paths as here.
        paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        # A process takes all of a GPU's memory, and this one may have taken it.
        environment = {
            **os.environ,
            "PYTHONPATH": paths,
            "CUDA_VISIBLE_DEVICES": "-1",
            SERVING_TOKEN.name: self.token,
            VERIFICATION_KEY.name: "",  # the Pusher signs what passes here
        }
        # `-u`: its last words are in the log in their order, also if it is killed.
        command = [sys.executable, "-u", "-m", module, str(models), *_UNBOUNDED]
        with theirs, open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [*command, "--parent-fd", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches this process only
            )

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._ours.close()

    def wait_until_ready(self, seconds: float) -> str:
        """Waits until the models are loaded, or have failed to load, and returns 'host:port'.

        Raises:
            UnservableError: the process ended, or took too long.
        """
        self._ours.settimeout(seconds)
        try:
            address = self._ours.recv(1024).decode().strip()
        except TimeoutError:
            raise UnservableError(
                f"the model server was not ready within {seconds:g} s", conclusive=False
            ) from None
        if not address:
            ending = self.wait_for_end() or "the model server stopped"
            raise UnservableError(f"{ending} while it loaded the model", conclusive=False)
        return address

    def wait_for_end(self, seconds: float = 10.0) -> str | None:
        """Returns how the process ended, in words; None if it is still running after `seconds`."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        if code >= 0:
            return f"the model server ended with exit code {code}"
        name = signal.Signals(-code).name
        cause = ", perhaps because memory was short," if name == "SIGKILL" else ""
        return f"the model server was ended by {name}{cause}"

    def log_tail(self) -> str:
        """Returns the last lines of the log of the process."""
        with open(self._log, "rb") as file:
            file.seek(max(self._log.stat().st_size - _TAIL_BYTES, 0))
            return file.read().decode(errors="replace")
