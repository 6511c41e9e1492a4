from datetime import datetime, timezone

import pytest

from kubeflow.client.runs import is_finished, moment_of, read_run, seconds_between, seconds_of_run


@pytest.mark.parametrize(
    ("state", "history", "shown"),
    [
        (None, [], "PENDING"),
        ("RUNTIME_STATE_UNSPECIFIED", [], "PENDING"),
        ("FAILED", ["RUNNING", "FAILED"], "FAILED"),
        ("FAILED", ["RUNNING", "CANCELING", "FAILED"], "STOPPED"),
        ("CANCELED", [], "STOPPED"),
        ("CANCELING", ["CANCELING"], "STOPPING"),
    ],
)
def test_a_run_that_was_stopped_has_not_failed(state, history, shown):
    run = read_run({"state": state, "state_history": [{"state": one} for one in history]})
    assert run.state == shown
    assert is_finished(run) == (shown in ("FAILED", "STOPPED"))


@pytest.mark.parametrize("zero", [None, "", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_the_zeros_of_the_server_are_no_times(zero):
    assert moment_of(zero) is None
    assert seconds_between(moment_of(zero), None) is None


def test_times_have_up_to_nine_digits_after_the_point():
    moment = moment_of("2026-11-28T05:37:40.123456789Z")
    assert moment == datetime(2026, 11, 28, 5, 37, 40, tzinfo=timezone.utc)


def test_what_a_run_took():
    times = {"created_at": "2026-11-28T05:37:40Z", "finished_at": "2026-11-28T05:50:41Z"}
    assert seconds_of_run(read_run(times)) == 781
    running = seconds_of_run(read_run({"created_at": times["created_at"]}))
    assert running is not None and running >= 0
