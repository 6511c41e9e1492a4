"""The watch is given what Prism answers; tests/pipeline/beam/test_job.py has it over real jobs."""

from types import SimpleNamespace

import pytest
from apache_beam.coders import VarIntCoder
from apache_beam.portability.api import beam_job_api_pb2, metrics_pb2

from components.runtime import progress
from pipeline.beam.watch import Watch

HOUR = 3600.0


class Job:
    """A job, as far as the watch's judgement needs it."""

    _job_id = "job-1"
    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def shown():
    """What the user is shown."""
    lines: list[str] = []
    progress.listen(lambda seen: lines.append(f"{seen.count} {seen.detail}".strip()))
    yield lines
    progress.listen(None)


@pytest.fixture
def judge(monkeypatch, shown):
    """Returns a function that shows figures to a new watch after some time."""
    clock = [0.0]
    # Not of the whole process: a server's event loop would wait for hours.
    monkeypatch.setattr("pipeline.beam.watch.time", SimpleNamespace(monotonic=lambda: clock[0]))
    job = Job()
    made = Watch(job)

    def judge(figures, seconds: float) -> bool:
        """Returns whether the job was cancelled."""
        clock[0] += seconds
        made.judge(figures)
        assert job.cancelled == bool(made.verdict)
        return job.cancelled

    return judge


def figures(*elements: int, milliseconds: int = 0) -> beam_job_api_pb2.GetJobMetricsResponse:
    """Returns the figures of a job whose steps have taken elements for some time."""

    def info(kind: str, number: int, step: int = 0) -> metrics_pb2.MonitoringInfo:
        return metrics_pb2.MonitoringInfo(
            urn=f"beam:metric:{kind}:v1",
            payload=VarIntCoder().encode(number),
            labels={"PCOLLECTION": str(step)},
        )

    counts = [info("element_count", number, step) for step, number in enumerate(elements)]
    spent = info("pardo_execution_time:process_bundle_msecs", milliseconds)
    return beam_job_api_pb2.MetricResults(attempted=[*counts, spent])


NONE = beam_job_api_pb2.MetricResults()


def test_the_elements_of_all_steps_are_shown(judge, shown):
    judge(figures(3, 2), 5)
    judge(figures(30, 12), 5)
    assert shown == ["5 elements on the engine", "42 elements on the engine"]


def test_figures_that_stand_still_are_the_end(judge):
    assert not judge(figures(3), 5)
    assert not judge(figures(3), HOUR / 3)
    assert judge(figures(3), HOUR / 3)


def test_a_long_step_is_not(judge):
    assert not judge(figures(3, milliseconds=1), HOUR)
    assert not judge(figures(3, milliseconds=2), HOUR)


def test_an_engine_without_figures_gets_a_hint_and_no_end(judge, shown):
    assert not judge(NONE, 24 * HOUR)
    (line,) = shown
    assert "no figure from it for 1440 min: it may give none, or have no worker" in line


def test_a_limit_that_is_set_is_for_every_engine(monkeypatch, request):
    monkeypatch.setenv("MEDTFX_BEAM_PATIENCE", "5")
    judge = request.getfixturevalue("judge")
    assert not judge(NONE, 299)
    assert judge(NONE, 2)
