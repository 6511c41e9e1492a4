"""Jobs on Prism: what a user gets when they fail, are stopped, or stand still."""

import os
import re
import signal
import subprocess
import sys
import time

import grpc
import pytest

from tests.doubles.beam_engine import engine_options, prism, worker_pool
from tests.paths import ROOT

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 240
SCRIPT = """
import os
import sys
import time
from pathlib import Path

import apache_beam as beam

from components.runtime import progress
from components.runtime.errors import DataError, MedtfxError
from pipeline.beam.arguments import beam_args


def step(what):
    if what == "ours":
        raise DataError("The folder is empty. Give another.")
    if what == "other":
        return 1 / 0
    if what == "a while":
        time.sleep(15)
    if what == "slow":
        Path(os.environ["STARTED"]).touch()
        time.sleep(600)


if __name__ == "__main__":
    what, *options = sys.argv[1:]
    progress.listen(lambda seen: print(seen.count))
    try:
        with beam.Pipeline(argv=[*beam_args(options, check=False)]) as pipeline:
            pipeline | beam.Create([what]) | beam.Reshuffle() | beam.Map(step)
    except MedtfxError as error:
        sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("jobs")
    (made / "script.py").write_text(SCRIPT)
    return made


@pytest.fixture(scope="module")
def environment(folder):
    return os.environ | {"PYTHONPATH": f"{ROOT}:{folder}", "STARTED": str(folder / "started")}


@pytest.fixture(scope="module")
def engine(folder):
    with prism(folder) as address:
        yield address


@pytest.fixture(scope="module")
def start(environment, folder, engine):
    """Returns a function that starts a job, and its process."""
    with worker_pool(environment, folder) as workers:

        def start(what: str, *options: str, pool: str = workers, **more: str) -> subprocess.Popen:
            all_options = [*engine_options(engine, pool), *options]
            return subprocess.Popen(
                [sys.executable, folder / "script.py", what, *all_options],
                env=environment | more,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

        yield start


def ended(process: subprocess.Popen) -> str:
    """Returns the last line of the process."""
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    return errors.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("ours", "The folder is empty. Give another."),
        ("other", "ZeroDivisionError: division by zero (in Map(step))"),
    ],
)
def test_the_cause_in_a_worker_is_shown(start, what, sentence):
    assert ended(start(what)) == f"EngineError: A worker of Beam's engine failed: {sentence}"


def test_a_job_may_take_longer_than_the_server_to_answer_and_shows_its_progress(start):
    process = start("a while", "--job_server_timeout=10")
    shown, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert re.search(r"^[1-9]\d* elements on the engine$", shown, re.MULTILINE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_job_ends_with_its_run(start, folder, engine, number):
    started = folder / "started"
    started.unlink(missing_ok=True)
    process = start("slow")
    _wait(started.exists)
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode in (-number, 128 + number)
    _wait(lambda: last_state(engine) == "CANCELLED")


def test_a_job_that_stands_still_is_cancelled(start, folder, environment):
    (folder / "second").mkdir()
    with worker_pool(environment, folder / "second", "/bin/false") as pool:
        line = ended(start("ours", pool=pool, MEDTFX_BEAM_PATIENCE="0.2"))
    assert "nothing moved on its engine for 0.2 min" in line
    assert "MEDTFX_BEAM_PATIENCE" in line


def last_state(engine: str) -> str:
    """Returns the state of the engine's latest job."""
    from apache_beam.portability.api import beam_job_api_pb2 as api
    from apache_beam.portability.api import beam_job_api_pb2_grpc

    with grpc.insecure_channel(engine) as channel:
        jobs = beam_job_api_pb2_grpc.JobServiceStub(channel)
        latest = max(jobs.GetJobs(api.GetJobsRequest()).job_info, key=lambda job: job.job_id)
        state = jobs.GetState(api.GetJobStateRequest(job_id=latest.job_id)).state
    return api.JobState.Enum.Name(state)


def _wait(condition) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)
