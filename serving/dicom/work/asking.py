"""Asks the model's server about the images in the spool."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from serving.client import Client
from serving.dicom.metrics import NodeMetrics
from serving.dicom.spool.back_off import back_off
from serving.dicom.spool.questions import Question, Questions
from serving.dicom.work.worker import IDLE
from serving.protocol.errors import (
    ClosedError,
    ServerUnavailableError,
    ServingError,
    TokenError,
    UnknownServableError,
)
from serving.protocol.prediction import Prediction

log = logging.getLogger(__name__)

ATTEMPTS = 8
"""Requests about one image that fail, while others do not, before there will be no prediction."""

# About the server, not about an image: it is waited for, however long it takes.
_AWAY = (ClosedError, ServerUnavailableError, TokenError, UnknownServableError)


@dataclass
class Asker:
    """One step: the predictions of a batch.

    Attributes:
        client: of the model; shared by all askers.
        questions: the images.
        label: returns the version label to ask for, or None. It is called for each batch: a
            promotion must not wait until the node is started again.
        explain: whether the results need heatmaps.
        metrics: counts failures.
    """

    client: Client
    questions: Questions
    label: Callable[[], str | None]
    explain: bool
    metrics: NodeMetrics
    _failures: int = field(default=0, init=False)

    def step(self) -> float:
        """Asks about what waits; returns the seconds until the next step."""
        batch = self.questions.claim(self.client.batch_size)
        if not batch:
            return IDLE
        try:
            self._ask(batch)
        except ServingError as error:
            self._failures += 1
            self.metrics.failures.add("server away")
            delay = min(back_off(self._failures), 30.0)
            log.warning("the model server does not answer; again in %g s: %s", delay, error)
            return delay
        finally:
            self.questions.release(batch)
        self._failures = 0
        return 0.0

    def _ask(self, batch: list[Question]) -> None:
        """Asks about all; afterwards, if that fails, about each alone.

        Raises:
            ServingError: the server is away.
        """
        try:
            files = [question.file for question in batch]
            self._settle(batch, self.client.predict(files, None, self.label(), self.explain))
        except _AWAY:
            raise
        except ServingError as error:
            if len(batch) > 1:
                for one in batch:
                    self._ask([one])
                return
            self.client.status()  # raises where it is the server and not the image
            self._failed(batch[0], error)

    def _settle(self, batch: list[Question], predictions: list[Prediction]) -> None:
        for question, prediction in zip(batch, predictions, strict=True):
            if not prediction.ok:
                self.metrics.failures.add("no prediction")
                log.warning("%s has no prediction: %s", question.sop_uid, prediction.error)
        self.questions.settle(zip(batch, predictions, strict=True))

    def _failed(self, question: Question, error: ServingError) -> None:
        self.metrics.failures.add("request failed")
        if question.attempts + 1 >= ATTEMPTS:
            log.error("%s gets no prediction: %s", question.sop_uid, error)
            self.questions.give_up(question, f"{ATTEMPTS} requests failed, the last one: {error}")
        else:
            delay = back_off(question.attempts + 1)
            log.warning("%s is asked again in %g s: %s", question.sop_uid, delay, error)
            self.questions.postpone(question, delay, str(error))
