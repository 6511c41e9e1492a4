"""The request log of the embedded server: a line for each prediction that it gives.

The server sees neither the file as a person has it nor its tags, only the image that was sent: the
digest is of that, and format, size and grey values are not known.
"""

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from components.saved_model.embedding import EMBED
from serving.client.client import IMAGE_INPUT, PREDICT
from serving.client.prediction import ALWAYS, prediction_of
from serving.embedded.models.batching import Arrays
from serving.request_log.record import LoggedImage, LogRecord
from serving.request_log.request_log import open_log

log = logging.getLogger(__name__)

_WAITING = 256  # requests whose lines are not yet written


@dataclass(frozen=True)
class _Answered:
    """A request and its outputs."""

    model: str
    version: int
    inputs: Arrays
    outputs: Arrays
    seconds: float


class RequestLogging:
    """Adds predictions to a request log, by a thread of its own.

    So no caller waits for a disk, and what is answered meanwhile is written at once. A server that
    is killed loses the lines of the last milliseconds.

    Args:
        folder: of the log, or its address at s3://.

    Raises:
        RequestLogError: it can't be written.
    """

    def __init__(self, folder: Path | str) -> None:
        self._log = open_log(folder)
        self._answered: Queue[_Answered | None] = Queue(_WAITING)
        self._thread = threading.Thread(target=self._write, name="request log", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Writes what has been answered, at the end."""
        self._answered.put(None)
        self._thread.join()
        self._log.close()

    def signature(self, key: str, signatures: Any) -> str:
        """Returns what is run for a signature: the default one with embeddings, if it can be."""
        return EMBED if key == PREDICT and EMBED in signatures else key

    def add(
        self, model: str, version: int, inputs: Arrays, outputs: Arrays, seconds: float
    ) -> None:
        """Adds a line for each image of a request, if it asked for predictions."""
        if IMAGE_INPUT in inputs and outputs.keys() >= set(ALWAYS):
            # Where the disk is too slow this waits: a line is missing only if it can't be written.
            self._answered.put(_Answered(model, version, inputs, outputs, seconds))

    def _write(self) -> None:
        going = True
        while going:
            found = [self._answered.get()]
            with suppress(Empty):
                while len(found) < _WAITING:
                    found.append(self._answered.get_nowait())
            going = None not in found
            self._log.add([record for one in found if one for record in _records(one)])


def _records(one: _Answered) -> list[LogRecord]:
    """Returns the records of a request; of outputs that are not those of medtfx's models none."""
    try:
        return list(_each_record(one))
    except Exception as error:  # noqa: BLE001 - foreign models can return anything
        log.warning("a request to %s is missing in the request log: %s", one.model, error)
        return []


def _each_record(one: _Answered) -> Iterator[LogRecord]:
    for row, image in enumerate(one.inputs[IMAGE_INPUT]):
        prediction = prediction_of(one.outputs, row, "", one.model, one.version)
        if prediction.ok:
            yield LogRecord(one.model, prediction, _digested(image), one.seconds)


def _digested(image: bytes) -> LoggedImage:
    return LoggedImage(hashlib.sha256(image).hexdigest())
