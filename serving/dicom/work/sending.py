"""Sends the results of studies, until the PACS has them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from serving.dicom.errors import PacsAwayError
from serving.dicom.metrics import NodeMetrics
from serving.dicom.spool.back_off import back_off
from serving.dicom.spool.rounds import Result, Rounds
from serving.dicom.work.destination import Sender
from serving.dicom.work.worker import IDLE

log = logging.getLogger(__name__)

# How often the results of a study are refused, or end the association, before they become a dead
# letter.
REFUSALS, ABORTS = 5, 12

_AT_ONCE = 50  # results of one association


@dataclass
class Dispatcher:
    """One step: what waits is sent.

    Attributes:
        rounds: of the spool.
        sender: to the PACS.
        metrics: counts what is sent, and failures.
    """

    rounds: Rounds
    sender: Sender
    metrics: NodeMetrics
    _failures: int = field(default=0, init=False)

    def step(self) -> float:
        """Sends; returns the seconds until the next step."""
        results = self.rounds.to_send(_AT_ONCE, time.time())
        if not results:
            return IDLE
        try:
            self._send(results)
        except PacsAwayError as error:
            self._failures += 1
            self.metrics.failures.add(error.kind)
            delay = min(back_off(self._failures), 60.0)
            log.warning("results wait for the PACS; again in %g s: %s", delay, error)
            return delay
        self._failures = 0
        return 0.0

    def _send(self, results: Sequence[Result]) -> None:
        left = {result.file: result for result in results}
        try:
            for outcome in self.sender.send(list(left)):
                result = left.pop(outcome.file)
                if outcome.refusal is None:
                    self.metrics.sent.add()
                    if self.rounds.mark_sent(result):
                        log.info("the PACS has the results of study %s", result.round.study_uid)
                else:
                    self.metrics.failures.add("pacs refuses")
                    self.rounds.put_off(result.round, outcome.refusal, REFUSALS)
        except PacsAwayError as error:
            if error.about_one:  # the others must not wait for it
                self.rounds.put_off(next(iter(left.values())).round, str(error), ABORTS)
            raise
