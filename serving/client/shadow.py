"""A version that is asked beside the one that answers, without anybody seeing its predictions.

A thread of its own asks it, with one request at a time, and adds its predictions to the request
log. Images wait for it in a bounded queue; when that is full they are dropped and counted. Whatever
goes wrong here, the caller has had the prediction of the served version before.
"""

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable

from serving.client.request_batches import OutgoingImage
from serving.protocol.prediction import Prediction
from serving.request_log.record import LogRecord, PredictionLog

log = logging.getLogger("medtfx.shadow")

MOST_IMAGES, MOST_BYTES = 256, 64 * 2**20  # that wait
PAUSE = 60.0  # seconds without a request after one that failed, or had the served version's answer
GRACE = 5.0  # seconds that images still waiting get at the end

Ask = Callable[[list[OutgoingImage]], list[Prediction]]


class Shadow:
    """Asks a second version in the background.

    Args:
        model: name of the model, for the log.
        ask: returns the predictions of the second version; it may raise anything.
        requests: the request log.
        pause: seconds without a request after a failure.

    Attributes:
        counts: images that were 'asked', 'dropped' (the queue was full), 'failed' (the second
            version had no prediction), 'skipped' (in the pause after a failure), or 'same' (the
            second version is the one that answered).
    """

    def __init__(self, model: str, ask: Ask, requests: PredictionLog, pause: float = PAUSE) -> None:
        self.counts: Counter[str] = Counter()
        self._model, self._ask, self._requests, self._pause = model, ask, requests, pause
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[list[OutgoingImage], int | None] | None] = (
            queue.SimpleQueue()
        )
        self._images = self._bytes = 0
        self._resumes = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    def offer(self, images: list[OutgoingImage], version: int | None) -> None:
        """Puts images into the queue, or drops them; returns at once and never raises.

        Args:
            images: with their facts; those that the served version has a prediction for.
            version: that answered.
        """
        size = sum(len(image.encoded) for image in images)
        with self._lock:
            if not images or self._closed:
                return
            if time.monotonic() < self._resumes:
                self.counts["skipped"] += len(images)
                return
            full = self._images + len(images) > MOST_IMAGES or self._bytes + size > MOST_BYTES
            # A single request larger than that may wait alone.
            if (full and self._images) or not self._begun():
                self.counts["dropped"] += len(images)
                return
            self._images, self._bytes = self._images + len(images), self._bytes + size
        self._waiting.put((images, version))

    def close(self, grace: float = GRACE) -> None:
        """Asks about what still waits, as long as the grace lasts, and warns about what is missing.

        Args:
            grace: seconds.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(grace)
        missing = {name: self.counts[name] for name in ("dropped", "failed", "skipped")}
        missing["not asked in time"] = self._images
        if words := [f"{name} {count}" for name, count in missing.items() if count]:
            log.warning("The shadow has no prediction for some images: %s.", ", ".join(words))

    def _begun(self) -> bool:
        """Starts the thread at the first image; returns whether there is one."""
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="medtfx-shadow", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads on this machine
                return False
            self._thread = thread
        return True

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            images, version = waiting
            if time.monotonic() < self._resumes:
                outcome = "skipped"
            else:
                outcome = self._one(images, version)
            with self._lock:
                self.counts[outcome] += len(images)
                self._images -= len(images)
                self._bytes -= sum(len(image.encoded) for image in images)
                if outcome in ("failed", "same"):
                    self._resumes = time.monotonic() + self._pause

    def _one(self, images: list[OutgoingImage], version: int | None) -> str:
        """Asks about one batch; returns what came of it."""
        try:
            started = time.monotonic()
            found = self._ask(images)
            latency = time.monotonic() - started
            if any(one.version == version for one in found):
                return "same"
            self._requests.add(
                [
                    LogRecord(self._model, prediction, image.facts, latency, shadow=True)
                    for image, prediction in zip(images, found, strict=True)
                    if prediction.ok and image.facts is not None
                ]
            )
        except Exception as error:  # noqa: BLE001 - nothing may stop the thread
            log.warning("The shadow gave no prediction for %d images: %s", len(images), error)
            return "failed"
        return "asked"
