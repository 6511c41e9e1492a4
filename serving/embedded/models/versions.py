"""The life of one version on a server: START, LOADING, AVAILABLE, UNLOADING, END.

A version that can't be loaded stays in LOADING with its error and is tried again: a pusher copies
file by file, so a half-copied version is normal. Pauses between attempts grow, and end at once when
a file in the folder changes.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.embedded.models.model import LoadedModel
from serving.embedded.models.warmup import warm_up
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import get_model_status_pb2

State = get_model_status_pb2.ModelVersionStatus.State

_LONGEST_PAUSE = 60.0  # seconds; TensorFlow Serving's only pause
_UNKNOWN = 2  # gRPC's code of an error that carries none
_GRAPHS = ("saved_model.pb", "saved_model.pbtxt")  # written last by the Pusher

log = logging.getLogger(__name__)


class ServedVersion:
    """A version: loaded, acquired by requests, unloaded.

    Attributes:
        name: of the model.
        number: of the version.
        state: where it is in its life, a number of `State`.
        error_code: gRPC's code of the last failed attempt, 0 if there is none.
        error: its message, or ''.

    Args:
        name: of the model.
        number: of the version.
        folder: its SavedModel.
        max_rows: see `LoadedModel`.
        first_pause: seconds before the second attempt to load it.
    """

    def __init__(
        self, name: str, number: int, folder: Path, max_rows: int, first_pause: float
    ) -> None:
        self.name, self.number = name, number
        self.state: int = State.Value("START")
        self.error_code, self.error = 0, ""
        self._folder, self._max_rows = folder, max_rows
        self._model: LoadedModel | None = None
        self._acquired = 0
        self._changed = threading.Condition()
        self._pause, self._try_at = first_pause, 0.0
        self._seen: tuple | None = None

    @property
    def available(self) -> bool:
        """Whether requests can be answered."""
        return self.state == State.Value("AVAILABLE")

    @property
    def waiting(self) -> bool:
        """Whether it is still to be loaded."""
        return self.state in (State.Value("START"), State.Value("LOADING"))

    @property
    def ended(self) -> bool:
        """Whether its life is over; the same number can begin another."""
        return self.state == State.Value("END")

    # === Loading ===

    def load(self) -> bool:
        """Loads and warms up, unless it is too early to try (again); True when available."""
        found = _fingerprint(self._folder)
        if not any(path in _GRAPHS for path, _, _ in found):
            return False  # the graph is written last: the copy is under way
        if found == self._seen and time.monotonic() < self._try_at:
            return False
        self._seen = found
        self.state = State.Value("LOADING")
        try:
            self._model = self._loaded()
        except Exception as error:  # noqa: BLE001 - broken files break in any way; tried again
            self._note_failure(error)
            return False
        self.error_code, self.error = 0, ""
        self.state = State.Value("AVAILABLE")
        log.info("serving version %d of model %s", self.number, self.name)
        return True

    def _loaded(self) -> LoadedModel:
        model = LoadedModel(self.name, self.number, self._folder, self._max_rows)
        try:
            warm_up(model, self._folder)
        except BaseException:
            model.close()
            raise
        return model

    def _note_failure(self, error: Exception) -> None:
        code = error.code.value[0] if isinstance(error, StatusError) else None
        self.error_code = code or getattr(error, "error_code", None) or _UNKNOWN
        self.error = str(error) or type(error).__name__
        self._try_at = time.monotonic() + self._pause
        log.warning(
            "version %d of model %s can't be loaded, next attempt in %g s or when a file changes: "
            "%s", self.number, self.name, self._pause, self.error,
        )  # fmt: skip
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    # === Acquiring and unloading ===

    @contextmanager
    def acquire(self) -> Iterator[LoadedModel | None]:
        """Yields the model for a request; None if it is not (any more) available."""
        with self._changed:
            model = self._model if self.available else None
            self._acquired += 1
        try:
            yield model
        finally:
            with self._changed:
                self._acquired -= 1
                self._changed.notify_all()

    def retire(self) -> None:
        """Takes no more requests; returns at once."""
        with self._changed:
            if self.available:
                self.state = State.Value("UNLOADING")
            elif self.waiting:
                self.state = State.Value("END")

    def unload(self) -> None:
        """Retires, waits for the requests under way, and frees the memory."""
        self.retire()
        with self._changed:
            self._changed.wait_for(lambda: not self._acquired)
            model, self._model = self._model, None
        if model is not None:
            model.close()
        self.state = State.Value("END")
        log.info("version %d of model %s is unloaded", self.number, self.name)


def _fingerprint(folder: Path) -> tuple:
    """Returns name, bytes and time of change of each file: other while a copy is under way."""
    found = []
    for path in folder.rglob("*"):
        try:
            stat = path.stat()
        except OSError:  # removed in between: the next look sees another folder anyway
            continue
        found.append((path.relative_to(folder).as_posix(), stat.st_size, stat.st_mtime_ns))
    return tuple(sorted(found))
