"""A job on an engine: it is watched, its error is one sentence, and it ends with us."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import grpc
from apache_beam.portability.api import beam_job_api_pb2
from apache_beam.runners.runner import PipelineResult

from pipeline.beam.errors import EngineError
from pipeline.beam.watch import Watch
from pipeline.beam.worker_error import worker_error

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
        """Cancels the job; the next run would otherwise write beside it.

        Raises:
            EngineError: it could not be cancelled.
        """
        try:
            self._job.cancel()
        except Exception as error:
            raise EngineError(
                f"Stopped, but job {self._job._job_id} could not be cancelled on its engine "
                f"({_reason(error)}). It may still be running: cancel it there before the "
                "next run."
            ) from error

    def wait_until_finish(self, duration: int | None = None) -> Any:
        """Waits for the end; Ctrl-C and SIGTERM cancel the job first.

        Args:
            duration: in milliseconds; None: without a limit.

        Raises:
            EngineError: the job failed, was silent for too long, or could not be cancelled.
        """
        watch = Watch(self._job)
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
            self.cancel()
            raise


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
