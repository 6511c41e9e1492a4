"""A job on an engine: its progress, a limit to its silence, its error, and that it ends with us."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
from apache_beam.coders import VarIntCoder
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_job_api_pb2
from apache_beam.runners.runner import PipelineResult

from components.runtime import progress
from components.runtime.environment import BEAM_PATIENCE
from pipeline.beam.errors import EngineError
from pipeline.beam.settings import patience_minutes
from pipeline.beam.worker_error import worker_error

_SECONDS_BETWEEN_LOOKS = 5.0
_PATIENCE_MINUTES = 30.0
_SECONDS_TO_A_HINT = 300.0
_ELEMENTS = common_urns.monitoring_info_specs.ELEMENT_COUNT.spec.urn
_TERMINATED = 128 + signal.SIGTERM


class WatchedJob(PipelineResult):
    """A job, with what Beam's own result lacks.

    Args:
        job: as the portable runner started it.
    """

    def __init__(self, job: Any):
        super().__init__(beam_job_api_pb2.JobState.UNSPECIFIED)
        self._job = job
        # Beam's own streams end after --job_server_timeout, and with them the run of a long job.
        service, name = job._job_service, job._job_id
        job._state_stream = service.GetStateStream(beam_job_api_pb2.GetJobStateRequest(job_id=name))
        job._message_stream = service.GetMessageStream(
            beam_job_api_pb2.JobMessagesRequest(job_id=name)
        )

    @property
    def state(self) -> Any:
        """See Beam's result."""
        return self._job.state

    def metrics(self) -> Any:
        """See Beam's result."""
        return self._job.metrics()

    def cancel(self) -> None:
        """See Beam's result."""
        self._job.cancel()

    def wait_until_finish(self, duration: int | None = None) -> Any:
        """Waits for the end; Ctrl-C and SIGTERM cancel the job first.

        Args:
            duration: in milliseconds; None: without a limit.

        Raises:
            EngineError: the job failed, was silent for too long, or could not be cancelled.
        """
        watch = _Watch(self._job)
        try:
            with _ended_by_sigterm(), watch:
                return self._job.wait_until_finish(duration)
        except RuntimeError as error:
            raise EngineError(watch.verdict or _failure(self._job)) from error
        except grpc.RpcError as error:
            raise EngineError(
                f"The connection to the engine's job server was lost ({_reason(error)}). Job "
                f"{self._job._job_id} may still be running there: cancel it before the next run."
            ) from error
        except (KeyboardInterrupt, SystemExit):
            self._cancel_for_good()
            raise

    def _cancel_for_good(self) -> None:
        """Cancels the job; the next run would otherwise write beside it."""
        try:
            self._job.cancel()
        except Exception as error:
            raise EngineError(
                f"Stopped, but job {self._job._job_id} could not be cancelled on its engine "
                f"({_reason(error)}). It may still be running: cancel it there before the "
                "next run."
            ) from error


def _failure(job: Any) -> str:
    """Returns the sentence for a job that ended without being done."""
    text = job._last_error_message()
    if job._state == "CANCELLED":
        return f"Job {job._job_id} was cancelled on its engine."
    return f"A worker of Beam's engine failed: {worker_error(text)}"


def _reason(error: Exception) -> str:
    if isinstance(error, grpc.RpcError) and isinstance(error, grpc.Call):
        return str(error.code().name)
    return type(error).__name__


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Has SIGTERM raise SystemExit in the block, so that it can clean up; main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: Any) -> None:
        raise SystemExit(_TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Watch:
    """Looks at a job every few seconds, from a thread of its own.

    Attributes:
        verdict: why the job was cancelled from here; empty if it was not.
    """

    def __init__(self, job: Any):
        self._job, self.verdict = job, ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._elements, self._moved = 0, time.monotonic()
        self._hinted = self._moved
        given = patience_minutes()
        self._minutes = _PATIENCE_MINUTES if given is None else given
        # An engine may never report figures, as Flink; then silence alone proves nothing.
        self._always = given is not None

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_SECONDS_BETWEEN_LOOKS)

    def _look(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            # A server that is away for a moment is not the end: the wait itself finds out.
            with contextlib.suppress(Exception):
                self._judge(_elements(self._job))

    def _judge(self, elements: int) -> None:
        now = time.monotonic()
        if elements != self._elements:
            self._elements, self._moved = elements, now
            progress.report(elements, 0, "elements on the engine")
            return
        silent = now - self._moved
        limited = self._minutes > 0 and (self._elements > 0 or self._always)
        if limited and silent > 60 * self._minutes:
            self.verdict = _silence(self._job, self._minutes)
            self._job.cancel()
        elif now - self._hinted >= _SECONDS_TO_A_HINT and silent >= _SECONDS_TO_A_HINT:
            self._hinted = now
            progress.report(
                elements, 0, "elements on the engine",
                f"no figure from it for {silent / 60:.0f} min: it may give none, or have no worker",
            )  # fmt: skip


def _silence(job: Any, minutes: float) -> str:
    return (
        f"Job {job._job_id} was cancelled: nothing moved on its engine for {minutes:g} min. A "
        "worker may have died or never started: look at the logs of the engine and of the pool. A "
        f"longer silence is allowed by {BEAM_PATIENCE}=MINUTES, any by 0."
    )


def _elements(job: Any) -> int:
    """Returns how many elements the steps of the job have taken in all; 0 without figures."""
    request = beam_job_api_pb2.GetJobMetricsRequest(job_id=job._job_id)
    metrics = job._job_service.GetJobMetrics(request).metrics
    return max(
        sum(VarIntCoder().decode(info.payload) for info in infos if info.urn == _ELEMENTS)
        for infos in (metrics.attempted, metrics.committed)
    )
