"""Takes received files into the spool, whichever way they came."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from components.recipe.dicom import Accept
from serving.dicom.accept.arrival import Arrival, read_arrival
from serving.dicom.errors import RefusedError
from serving.dicom.metrics import NodeMetrics
from serving.dicom.spool.spool import Spool

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Intake:
    """Takes received files.

    Attributes:
        spool: where they go.
        rules: which images are answered.
        metrics: counts them.
    """

    spool: Spool
    rules: Accept
    metrics: NodeMetrics

    def take(self, file: Path, way: str, sender: str, study: str | None = None) -> Arrival:
        """Takes a file; afterwards it is on the disk, and its sender may forget it.

        Args:
            file: in the spool's `incoming`; it is moved or removed.
            way: C-STORE or STOW-RS.
            sender: who sent it, for the log.
            study: the only Study Instance UID that it may have; None for any.

        Returns:
            What it is.

        Raises:
            RefusedError: it is no DICOM file that can be told from others, or of another study.
            SpoolFullError: there is no room now.
            OSError: the disk does not take it.
        """
        self.spool.check_space()
        try:
            arrival = read_arrival(file, self.rules, date.today())
            if study not in (None, arrival.study_uid):
                raise RefusedError(f"it is of study {arrival.study_uid}, and not of {study}")
        except RefusedError as error:
            self.metrics.failures.add("unreadable")
            log.warning("refused from %r: %s", sender, error)
            raise
        is_new = self.spool.add(file, arrival)
        self.metrics.received.add(way, "new" if is_new else "known")
        if arrival.refusal is not None and is_new:
            log.info("%s is not answered: %s", arrival.sop_uid, arrival.refusal.reason)
        return arrival
