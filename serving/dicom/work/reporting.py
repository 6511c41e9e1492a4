"""Makes the results of complete studies."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import Dataset

from components.recipe.dicom import DicomSection
from components.runtime.errors import MedtfxError
from serving.dicom.metrics import NodeMetrics
from serving.dicom.report.instance_result import InstanceResult
from serving.dicom.report.model_identity import identify
from serving.dicom.report.study_report import study_report
from serving.dicom.spool.rounds import Round, Rounds, Settled
from serving.dicom.work.worker import IDLE
from serving.promotion.model_selection import choose_version

log = logging.getLogger(__name__)

ATTEMPTS = 5


@dataclass(frozen=True)
class Reporter:
    """One step: the results of the studies that are complete.

    Attributes:
        rounds: of the spool.
        section: the section `dicom` of the recipe.
        model: folder of the model's pushed versions, whose digests the results name.
        metrics: counts failures.
    """

    rounds: Rounds
    section: DicomSection
    model: Path
    metrics: NodeMetrics

    def step(self) -> float:
        """Reports on what is complete; returns the seconds until the next step."""
        complete = self.rounds.complete(self.section.quiet_seconds, time.time())
        for one in complete:
            self._report(one)
        return 0.0 if complete else IDLE

    def _report(self, one: Round) -> None:
        try:
            results = self._results(self.rounds.settled(one))
        except (OSError, MedtfxError) as error:
            self._failed(one, str(error))
        except Exception as error:  # of pydicom or highdicom, on headers that are not valid
            log.exception("no report of study %s", one.study_uid)
            self._failed(one, f"{type(error).__name__}: {error}")
        else:
            self.rounds.keep_results(one, results)

    def _results(self, settled: Sequence[Settled]) -> list[Dataset]:
        """Returns the objects that are sent; none where there is nothing to report on."""
        if not settled:
            return []
        results = [InstanceResult(one.file, one.prediction, one.reason) for one in settled]
        versions = [one.prediction.version or 0 for one in results if one.prediction]
        # Where nothing was answered, it is the version that would be asked now that could not.
        version = max(versions, default=0) or choose_version(self.model)
        identity = identify(self.model / str(version))
        return study_report(results, identity, self.section.report, datetime.now())

    def _failed(self, one: Round, reason: str) -> None:
        self.metrics.failures.add("no report")
        self.rounds.put_off(one, f"no report can be made: {reason}", ATTEMPTS)
