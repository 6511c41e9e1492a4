"""Runs that a schedule starts."""

import re
import time

import pytest

from kubeflow.cli.options import ConnectionOptions
from kubeflow.client.runs import find
from tests.cluster.site import PATIENCE_SECONDS, UNREACHABLE

# Each twenty seconds: a run still waits for the one before it.
CRON = "*/20 * * * * *"


@pytest.fixture
def run_of(site, first_run):
    """Schedules a package, waits for the end of its first run, and removes the schedule."""
    names, before = [], set()

    def schedule(name, *options, **changes):
        names.append(name)
        before.update(runs(site, name))  # on a live cluster, those of an earlier suite
        line = ["schedule", site.package(), "--name", name, "--cron", CRON]
        code, text = site.medtfx(*line, *options, *site.parameters(**changes))
        assert code == 0, text
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := runs(site, name) - before):
            assert time.monotonic() < deadline, "the schedule started no run"
            time.sleep(site.interval)
        run = find(ConnectionOptions().open(), found.pop())
        return site.watch(run.run_id)

    yield schedule
    for name in names:
        assert site.medtfx("unschedule", name)[0] == 0
        assert name not in site.medtfx("schedules")[1]
        assert not runs(site, name, "PENDING|RUNNING|STOPPING") - before


def runs(site, schedule, state=r"\w+") -> set[str]:
    """Returns the latest runs of a schedule, by the beginnings of their ids."""
    shown = site.medtfx("runs")[1]
    return set(re.findall(rf"^([0-9a-f]{{8}})  +(?:{state}) .* {schedule}-", shown, re.MULTILINE))


def test_a_retraining_without_anything_new_is_declined(site, run_of):
    # The latest training may be one of another floor.
    assert site.watch(site.submit(site.package())).code == 0
    before = site.versions()
    run = run_of("suite-if-new")
    assert run.code == 4 and ": SUCCEEDED, " in run.text
    log = site.log(run.run_id, "retraining")
    assert "Declined: no new image since" in log and "whose model was blessed." in log
    assert "Trainer SUCCEEDED" not in run.text
    assert site.versions() == before


def test_a_refused_model_makes_the_run_red(site, run_of):
    before = site.versions()
    run = run_of("suite-refused", "--always-train", overrides=UNREACHABLE)
    assert run.code == 3 and ": FAILED, " in run.text
    assert "NOT blessed" in site.log(run.run_id, "evaluator")
    assert site.versions() == before

    # KFP's retry repeats the last task, which finds the verdict of the run.
    logs = [site.log(run.run_id, task) for task in ("evaluator", "pusher")]
    assert site.retry(run.run_id).code == 3
    assert site.log(run.run_id, "evaluator") == logs[0]
    assert site.log(run.run_id, "pusher") != logs[1]
    assert site.versions() == before
