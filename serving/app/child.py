"""The embedded server as a child process: TensorFlow starts and lives there, not in the page.

As a program (`python -m serving.app.child FOLDER`) this is the child: it prints the address once it
answers, and goes down when its standard input is closed, so also when its parent was killed.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

log = logging.getLogger(__name__)

_MARK = "medtfx model server at "
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a child that died is replaced
_GRACE = 15.0  # seconds that a child has to answer what is under way


class EmbeddedChild:
    """Serves a folder of pushed models, and goes on doing so should the child die.

        with EmbeddedChild(home.models) as child:
            create_app(Settings("quickstart", child.address, ...))

    Args:
        models: folder of pushed models, `<models>/<name>/<version>/`.
    """

    def __init__(self, models: Path) -> None:
        self._models = models.absolute()
        self._address: str | None = None
        self._stopping = threading.Event()
        self._process = self._spawn()
        self._thread = threading.Thread(target=self._keep_up, name="model server", daemon=True)

    def __enter__(self) -> EmbeddedChild:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        _close_input(self._process)
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
            self._process = self._spawn()
            if self._stopping.is_set():  # while it was being started
                _close_input(self._process)

    def _spawn(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "serving.app.child", str(self._models)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # `-m` looks into the current folder first: there our own packages have to lie.
            cwd=Path(__file__).parents[2],
            env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ},
            start_new_session=True,  # Ctrl-C is for the parent, who then stops the child
        )

    def _watch(self) -> bool:
        """Learns the address and waits for the end; returns whether the server ever answered."""
        answered = False
        with self._process as process:  # closes its pipes afterwards
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith(_MARK):
                    self._address, answered = line[len(_MARK) :].strip(), True
            self._address = None
        return answered


def _close_input(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def main(models: Path) -> None:
    """Serves until the standard input is closed."""
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    from serving.embedded.server import Settings, serve
    from serving.protocol.errors import ServingError

    ready = threading.Event()
    threading.Thread(target=_end_with_parent, args=(ready,), daemon=True).start()
    try:
        serve(
            models,
            Settings(grpc_port=0, rest_port=None, grace=_GRACE - 5),
            when_ready=lambda server: _tell(server.address, ready),
        )
    except ServingError as error:
        sys.exit(f"Error: {error}")


def _tell(address: str, ready: threading.Event) -> None:
    ready.set()
    sys.stdout.write(f"{_MARK}{address}\n")
    sys.stdout.flush()


def _end_with_parent(ready: threading.Event) -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing ever comes but the end
    if not ready.is_set():  # nothing is under way, and loading a model takes no signals
        os._exit(0)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
