"""The watch over a job on an engine: its progress, and a limit to its silence."""

import contextlib
import threading
import time
from typing import Any

from apache_beam.coders import VarIntCoder
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_job_api_pb2

from components.runtime import progress
from components.runtime.environment import BEAM_PATIENCE
from pipeline.beam.settings import patience_minutes

_SECONDS_BETWEEN_LOOKS = 5.0
_SECONDS_TO_A_HINT = 300.0
_ELEMENTS = common_urns.monitoring_info_specs.ELEMENT_COUNT.spec.urn
_UNIT = "elements on the engine"


class Watch:
    """Looks at a job every few seconds, from a thread of its own, within the block.

    Args:
        job: as the portable runner started it.

    Attributes:
        verdict: why the job was cancelled from here; empty if it was not.
    """

    def __init__(self, job: Any):
        self._job, self.verdict = job, ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._seen: list[bytes] = []
        self._moved = self._hinted = time.monotonic()
        self._minutes = patience_minutes()
        # An engine may never report figures, as Flink; then silence alone proves nothing.
        self._always = bool(BEAM_PATIENCE.get())

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_SECONDS_BETWEEN_LOOKS)

    def _look(self) -> None:
        request = beam_job_api_pb2.GetJobMetricsRequest(job_id=self._job._job_id)
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            # A server that is away for a moment is not the end: the wait itself finds out.
            with contextlib.suppress(Exception):
                self.judge(self._job._job_service.GetJobMetrics(request).metrics)

    def judge(self, figures: Any) -> None:
        """Reports the progress, or cancels the job if none of its figures has moved for too long.

        Args:
            figures: Beam's `MetricResults`. The times among them move while a step takes long.
        """
        now, elements = time.monotonic(), _elements(figures)
        seen = sorted(
            info.SerializeToString(deterministic=True)
            for infos in (figures.attempted, figures.committed)
            for info in infos
        )
        if seen != self._seen:
            self._seen, self._moved = seen, now
            progress.report(elements, 0, _UNIT)
            return
        silent = now - self._moved
        limited = self._minutes > 0 and (bool(seen) or self._always)
        if limited and silent > 60 * self._minutes:
            self.verdict = _silence(self._job, self._minutes)
            self._job.cancel()
        elif now - self._hinted >= _SECONDS_TO_A_HINT and silent >= _SECONDS_TO_A_HINT:
            self._hinted = now
            progress.report(
                elements, 0, _UNIT,
                f"no figure from it for {silent / 60:.0f} min: it may give none, or have no worker",
            )  # fmt: skip


def _silence(job: Any, minutes: float) -> str:
    return (
        f"Job {job._job_id} was cancelled: nothing moved on its engine for {minutes:g} min. A "
        "worker may have died or never started: look at the logs of the engine and of the pool. A "
        f"longer silence is allowed by {BEAM_PATIENCE}=MINUTES, any by 0."
    )


def _elements(figures: Any) -> int:
    """Returns how many elements the steps of the job have taken in all; 0 without figures."""
    return max(
        sum(VarIntCoder().decode(info.payload) for info in infos if info.urn == _ELEMENTS)
        for infos in (figures.attempted, figures.committed)
    )
